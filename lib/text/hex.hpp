// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace text {

// Lower-case hexadecimal digits of the bytes.
std::string hex(std::span<const std::byte> bytes);

// Absent for an odd length or a character that is no digit.
std::optional<std::vector<std::byte>> find_bytes_of_hex(std::string_view digits);

bool is_lower_hex(std::string_view text);

}  // namespace text
