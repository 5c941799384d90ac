// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace text {

// Without terminal colours and what else moves a terminal's cursor: builders and engines write them
// whether or not a terminal is there.
std::string without_colours(std::string_view line);

}  // namespace text
