// SPDX-License-Identifier: Apache-2.0
#include "oci/link.hpp"

#include "text/split.hpp"

namespace oci {
namespace {

bool is_next(std::string_view parameters) {
  for (const std::string_view parameter : text::split(parameters, ';')) {
    const auto parts = text::cut(parameter, "=");
    if (!parts || !text::equal_ignoring_case(text::trim(parts->first), "rel")) continue;
    std::string_view value = text::trim(parts->second);
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    for (const std::string_view relation : text::split(value, ' ')) {
      if (text::equal_ignoring_case(relation, "next")) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> find_next_link(const http::Headers& headers) {
  for (const std::string& value : headers.all("Link")) {
    // A target may hold commas, so the list is walked from one '<' to the next.
    std::string_view rest = value;
    while (const auto opened = text::cut(rest, "<")) {
      const auto closed = text::cut(opened->second, ">");
      if (!closed) break;
      rest = closed->second;
      const std::string_view parameters = rest.substr(0, rest.find('<'));
      // The comma before the next target belongs to no parameter.
      const auto end = parameters.rfind(',');
      const bool is_last = rest.find('<') == std::string_view::npos;
      if (is_next(is_last ? parameters : parameters.substr(0, end))) {
        return std::string(closed->first);
      }
    }
  }
  return std::nullopt;
}

}  // namespace oci
