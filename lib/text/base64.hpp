// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace text {

enum class Base64 { standard, url };  // RFC 4648 sections 4 and 5; `url` writes no padding

std::string base64(std::span<const std::byte> bytes, Base64 alphabet = Base64::standard);
std::string base64(std::string_view bytes, Base64 alphabet = Base64::standard);

// Strict: padding must be right (`url` may leave it out), no white space. Absent otherwise.
std::optional<std::string> find_bytes_of_base64(std::string_view encoded,
                                                Base64 alphabet = Base64::standard);

}  // namespace text
