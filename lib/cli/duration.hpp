// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cli {

// For an option's check: empty for a duration, else what is wrong. `example` is one that would do.
std::string refuse_no_duration(const std::string& input, std::string_view example = "15m");

}  // namespace cli
