// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oci {

// True when `left` looks like the earlier version: runs of digits compare as numbers, all else as
// text. "1.9" before "1.10", "1.10" before "1.10-3-gabc".
bool looks_earlier(std::string_view left, std::string_view right);

// The tag that looks newest; absent when there is none.
std::optional<std::string> newest_looking(const std::vector<std::string>& tags);

}  // namespace oci
