// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws::xml {

// An element of an answer. Attributes and name-space prefixes are dropped: no answer that we read
// needs them.
struct Element {
  std::string name;
  std::string text{};  // all character data directly below it
  std::vector<Element> children{};

  const Element* find(std::string_view child) const;  // the first of that name, or null pointer
  std::string text_of(std::string_view child) const;  // empty when absent
  std::vector<const Element*> members(std::string_view list) const;  // of <list><member>…
};

// The root element. Knows elements, attributes, comments, CDATA, the five named entities and
// character references; a DOCTYPE or a declared entity is refused, as are more than 64 levels or
// 200'000 elements. Throws integrity with the byte offset; `what` names the document.
Element parse(std::string_view text, std::string_view what);

// The same, absent instead of throwing.
std::optional<Element> find_parsed(std::string_view text);

}  // namespace aws::xml
