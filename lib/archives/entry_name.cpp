// SPDX-License-Identifier: Apache-2.0
#include "archives/entry_name.hpp"

#include <cstddef>

#include "text/split.hpp"

namespace archives {
namespace {

// PATH_MAX, less the folder that it is unpacked to, and NAME_MAX.
constexpr std::size_t longest_path = 4000;
constexpr std::size_t longest_component = 255;

// The length of the sequence that this first byte announces; 0 when it cannot be a first byte.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_second_byte(unsigned char first, unsigned char second) {
  if (first == 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (first == 0xed) return second >= 0x80 && second <= 0x9f;
  if (first == 0xf0) return second >= 0x90 && second <= 0xbf;
  if (first == 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = sequence_length(first);
    if (length == 0 || at + length > text.size()) return false;
    if (length > 1 && !is_second_byte(first, static_cast<unsigned char>(text[at + 1])))
      return false;
    for (std::size_t i = 2; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xc0U) != 0x80U) return false;
    }
    at += length;
  }
  return true;
}

const char* find_name_fault(std::string_view name) {
  if (name.ends_with('/')) name.remove_suffix(1);
  if (name.empty()) return "is empty";
  if (name.front() == '/') return "is absolute";
  if (name.find('\0') != std::string_view::npos) return "has a NUL";
  if (!is_utf8(name)) return "is no UTF-8";
  if (name.size() > longest_path) return "is longer than Linux takes";
  for (const std::string_view component : text::split(name, '/')) {
    if (component.empty()) return "has an empty component";
    if (component.size() > longest_component) return "has a component longer than Linux takes";
    if (component == "." || component == "..") return "has a \".\" or \"..\" component";
  }
  return nullptr;
}

}  // namespace archives
