// SPDX-License-Identifier: Apache-2.0
#include "oci/tag_order.hpp"

#include <algorithm>

namespace oci {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at the front, leading zeros left out; taken off `text`.
std::string_view take_number(std::string_view& text) {
  while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) text.remove_prefix(1);
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  const auto number = text.substr(0, length);
  text.remove_prefix(length);
  return number;
}

}  // namespace

bool looks_earlier(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    if (is_digit(left.front()) && is_digit(right.front())) {
      const auto one = take_number(left);
      const auto two = take_number(right);
      if (one.size() != two.size()) return one.size() < two.size();
      if (one != two) return one < two;
      continue;
    }
    if (left.front() != right.front()) return left.front() < right.front();
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  return left.size() < right.size();
}

std::optional<std::string> newest_looking(const std::vector<std::string>& tags) {
  const auto newest = std::ranges::max_element(tags, looks_earlier);
  if (newest == tags.end()) return std::nullopt;
  return *newest;
}

}  // namespace oci
