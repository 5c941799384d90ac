// SPDX-License-Identifier: Apache-2.0
#include "text/percent.hpp"

#include "text/hex.hpp"

namespace text {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view input, Slash slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  result.reserve(input.size());
  for (const char c : input) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::keep)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  return result;
}

std::optional<std::string> find_percent_decoded(std::string_view input) {
  std::string result;
  result.reserve(input.size());
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i] != '%') {
      result += input[i];
      continue;
    }
    const auto byte = i + 2 < input.size() ? find_bytes_of_hex(input.substr(i + 1, 2))
                                           : std::nullopt;
    if (!byte) return std::nullopt;
    result += std::to_integer<char>(byte->front());
    i += 2;
  }
  return result;
}

}  // namespace text
