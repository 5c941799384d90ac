// SPDX-License-Identifier: Apache-2.0
#include "build-jar/properties.hpp"

#include <vector>

#include "text/hex.hpp"
#include "text/split.hpp"

namespace build_jar {
namespace {

constexpr std::string_view blanks = " \t\f";

std::string_view without_leading_blanks(std::string_view line) {
  const auto start = line.find_first_not_of(blanks);
  return start == std::string_view::npos ? std::string_view() : line.substr(start);
}

bool ends_in_escape(std::string_view line) {
  const auto last = line.find_last_not_of('\\');
  const auto backslashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> result;
  bool continues = false;
  for (auto line : text::lines(text)) {
    line = without_leading_blanks(line);
    if (!continues && (line.empty() || line.front() == '#' || line.front() == '!')) continue;
    if (!continues) result.emplace_back();
    continues = ends_in_escape(line);
    if (continues) line.remove_suffix(1);
    result.back() += line;
  }
  return result;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

// Takes one character off the front, its escape undone.
char take(std::string_view& rest) {
  char c = rest.front();
  rest.remove_prefix(1);
  if (c != '\\' || rest.empty()) return c;
  c = rest.front();
  rest.remove_prefix(1);
  if (c != 'u' || rest.size() < 4) return unescaped(c);
  const auto bytes = text::find_bytes_of_hex(rest.substr(0, 4));
  if (!bytes) return c;
  rest.remove_prefix(4);
  const bool ascii = bytes->at(0) == std::byte{0} && std::to_integer<int>(bytes->at(1)) < 0x80;
  return ascii ? std::to_integer<char>(bytes->at(1)) : '?';
}

}  // namespace

std::map<std::string, std::string, std::less<>> parse_properties(std::string_view text) {
  std::map<std::string, std::string, std::less<>> properties;
  for (const auto& line : logical_lines(text)) {
    std::string_view rest = line;
    std::string key;
    while (!rest.empty() &&
           std::string_view("=: \t\f").find(rest.front()) == std::string_view::npos) {
      key += take(rest);
    }
    rest = without_leading_blanks(rest);
    if (rest.starts_with('=') || rest.starts_with(':')) {
      rest = without_leading_blanks(rest.substr(1));
    }
    std::string value;
    while (!rest.empty()) value += take(rest);
    properties[key] = value;
  }
  return properties;
}

}  // namespace build_jar
