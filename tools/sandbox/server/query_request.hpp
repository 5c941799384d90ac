// SPDX-License-Identifier: Apache-2.0
//
// The query protocol's parameters:
// Names.member.1=web&Targets.member.1.Id=i-0a&Targets.member.1.Port=80.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/server/http_message.hpp"
#include "sandbox/server/xml.hpp"

namespace sandbox {

class QueryRequest {
 public:
  explicit QueryRequest(Pairs parameters) : parameters_(std::move(parameters)) {}

  std::optional<std::string> find(std::string_view name) const;  // absent when empty
  std::string required(std::string_view name) const;             // else ValidationError
  std::optional<int> find_integer(std::string_view name) const;  // else ValidationError
  std::optional<bool> find_boolean(std::string_view name) const;

  // The values of name.member.1, .2, … in the order of their numbers.
  std::vector<std::string> members(std::string_view name) const;

  // The same for lists of structures: each item has the members below name.member.N.
  std::vector<QueryRequest> structures(std::string_view name) const;

  bool has_any(std::string_view prefix) const;

 private:
  Pairs parameters_;
};

// What an action answers: the children of <ActionResult>; absent for actions that have no result.
using QueryResult = std::optional<std::vector<xml::Element>>;

// <member>…</member> for each item under `name`.
template <typename Items, typename ToElements>
xml::Element member_list(std::string_view name, const Items& items, ToElements to_elements) {
  auto list = xml::node(name);
  for (const auto& item : items) list.children.push_back(xml::node("member", to_elements(item)));
  return list;
}

// <name><member>text</member>…</name>
template <typename Texts>
xml::Element text_list(std::string_view name, const Texts& texts) {
  auto list = xml::node(name);
  for (const auto& text : texts) list.children.push_back(xml::leaf("member", text));
  return list;
}

// One page of `items`: at most PageSize or MaxRecords of them from the one that Marker or NextToken
// names by its index, and the next marker when more are left.
struct Paging {
  std::string_view size_parameter;
  std::string_view token_parameter;
  std::size_t most;
};
struct PageBounds {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<std::string> next{};
};
PageBounds page_of(const QueryRequest& request, const Paging& paging, std::size_t count);

}  // namespace sandbox
