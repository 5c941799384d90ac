// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace text {

std::string human_size(std::uint64_t bytes);                  // "812 B", "12.3 MiB"
std::string human_duration(std::chrono::milliseconds time);   // "84 ms", "1.2 s", "4m10s", "2h05m"

// "500ms", "30s", "10m", "2h", "1h30m"; a bare number is refused so that the unit is never a guess.
std::optional<std::chrono::milliseconds> find_duration(std::string_view input);

}  // namespace text
