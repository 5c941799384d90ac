// SPDX-License-Identifier: Apache-2.0
#include "cli/duration.hpp"

#include <fmt/core.h>

#include "text/human.hpp"

namespace cli {

std::string refuse_no_duration(const std::string& input, std::string_view example) {
  if (text::find_duration(input)) return {};
  return fmt::format("'{}' is no duration such as 90s or {}", input, example);
}

}  // namespace cli
