// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/query_request.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "sandbox/server/fault.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

// "Targets.member.12.Id" with prefix "Targets" → 12 and "Id".
struct MemberName {
  std::uint64_t index = 0;
  std::string_view rest{};
};

std::optional<MemberName> find_member(std::string_view parameter, std::string_view list) {
  if (!parameter.starts_with(list)) return std::nullopt;
  parameter.remove_prefix(list.size());
  constexpr std::string_view infix = ".member.";
  if (!parameter.starts_with(infix)) return std::nullopt;
  parameter.remove_prefix(infix.size());
  const auto halves = text::cut(parameter, ".");
  const auto index = text::find_number(halves ? halves->first : parameter);
  if (!index) return std::nullopt;
  return MemberName{*index, halves ? halves->second : std::string_view()};
}

}  // namespace

std::optional<std::string> QueryRequest::find(std::string_view name) const {
  const auto* value = find_value(parameters_, name);
  return value == nullptr || value->empty() ? std::nullopt : std::optional(*value);
}

std::string QueryRequest::required(std::string_view name) const {
  auto value = find(name);
  if (!value) {
    throw Fault(400, "ValidationError", fmt::format("The parameter {} is required", name));
  }
  return *std::move(value);
}

std::optional<int> QueryRequest::find_integer(std::string_view name) const {
  const auto value = find(name);
  if (!value) return std::nullopt;
  int number = 0;
  const auto [stop, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || stop != value->data() + value->size()) {
    throw Fault(
        400, "ValidationError",
        fmt::format("'{}' is not a valid value for {}: an integer is needed", *value, name));
  }
  return number;
}

std::optional<bool> QueryRequest::find_boolean(std::string_view name) const {
  const auto value = find(name);
  if (!value) return std::nullopt;
  if (text::equal_ignoring_case(*value, "true")) return true;
  if (text::equal_ignoring_case(*value, "false")) return false;
  throw Fault(
      400, "ValidationError",
      fmt::format("'{}' is not a valid value for {}: true or false is needed", *value, name));
}

std::vector<std::string> QueryRequest::members(std::string_view name) const {
  std::map<std::uint64_t, std::string> found;
  for (const auto& [parameter, value] : parameters_) {
    const auto member = find_member(parameter, name);
    if (member && member->rest.empty()) found[member->index] = value;
  }
  std::vector<std::string> result;
  for (auto& [index, value] : found) result.push_back(std::move(value));
  return result;
}

std::vector<QueryRequest> QueryRequest::structures(std::string_view name) const {
  std::map<std::uint64_t, Pairs> found;
  for (const auto& [parameter, value] : parameters_) {
    const auto member = find_member(parameter, name);
    if (member && !member->rest.empty()) found[member->index].emplace_back(member->rest, value);
  }
  std::vector<QueryRequest> result;
  for (auto& [index, parameters] : found) result.emplace_back(std::move(parameters));
  return result;
}

bool QueryRequest::has_any(std::string_view prefix) const {
  return std::any_of(parameters_.begin(), parameters_.end(), [prefix](const auto& parameter) {
    return parameter.first.starts_with(prefix) && !parameter.second.empty();
  });
}

PageBounds page_of(const QueryRequest& request, const Paging& paging, std::size_t count) {
  PageBounds page;
  if (const auto token = request.find(paging.token_parameter)) {
    const auto index = text::find_number(*token);
    if (!index || *index > count) {
      throw Fault(400, "ValidationError",
                  fmt::format("the value of {} is not one that was given", paging.token_parameter));
    }
    page.begin = *index;
  }
  auto size = paging.most;
  if (const auto wanted = request.find_integer(paging.size_parameter)) {
    if (*wanted < 1) {
      throw Fault(400, "ValidationError", fmt::format("{} is below 1", paging.size_parameter));
    }
    size = std::min(size, static_cast<std::size_t>(*wanted));
  }
  page.end = std::min(count, page.begin + size);
  if (page.end < count) page.next = std::to_string(page.end);
  return page;
}

}  // namespace sandbox
