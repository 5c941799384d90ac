// SPDX-License-Identifier: Apache-2.0
#include "text/plain.hpp"

#include <algorithm>
#include <cstddef>

namespace text {

std::string without_colours(std::string_view line) {
  std::string plain;
  while (!line.empty()) {
    const auto escape = line.find("\x1b[");
    plain += line.substr(0, escape);
    if (escape == std::string_view::npos) break;
    line.remove_prefix(escape + 2);
    // The first of these bytes ends it (ECMA-48); 'm' does for a colour.
    const auto end =
        std::ranges::find_if(line, [](char byte) { return byte >= '@' && byte <= '~'; });
    line.remove_prefix(std::min(static_cast<std::size_t>(end - line.begin()) + 1, line.size()));
  }
  return plain;
}

}  // namespace text
