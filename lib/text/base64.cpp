// SPDX-License-Identifier: Apache-2.0
#include "text/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace text {
namespace {

constexpr std::string_view standard_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64(std::span<const std::byte> bytes, Base64 alphabet) {
  const auto digits = alphabet == Base64::standard ? standard_digits : url_digits;
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (j < count ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      if (j <= count) {
        result += digits[group >> (18U - 6U * j) & 63U];
      } else if (alphabet == Base64::standard) {
        result += '=';
      }
    }
  }
  return result;
}

std::string base64(std::string_view bytes, Base64 alphabet) {
  return base64(std::as_bytes(std::span(bytes.data(), bytes.size())), alphabet);
}

std::optional<std::string> find_bytes_of_base64(std::string_view encoded, Base64 alphabet) {
  if (alphabet == Base64::standard && encoded.size() % 4 != 0) return std::nullopt;
  if (encoded.size() % 4 == 0 && encoded.ends_with("==")) {
    encoded.remove_suffix(2);
  } else if (encoded.size() % 4 == 0 && encoded.ends_with('=')) {
    encoded.remove_suffix(1);
  }
  if (encoded.size() % 4 == 1) return std::nullopt;
  const auto digits = alphabet == Base64::standard ? standard_digits : url_digits;
  std::string result;
  result.reserve(encoded.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : encoded) {
    const auto value = digits.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6U | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      result += static_cast<char>(group >> bits & 255U);
    }
  }
  // Left-over bits must be zero, or two texts would name the same bytes.
  if ((group & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return result;
}

}  // namespace text
