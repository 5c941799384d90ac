// SPDX-License-Identifier: Apache-2.0
#include "text/split.hpp"

#include <algorithm>
#include <charconv>

namespace text {
namespace {

constexpr std::string_view white_space = " \t\r\n\f\v";

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::vector<std::string_view> split(std::string_view input, char separator) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  while (true) {
    const auto end = input.find(separator, begin);
    pieces.push_back(input.substr(begin, end - begin));
    if (end == std::string_view::npos) return pieces;
    begin = end + 1;
  }
}

std::vector<std::string_view> lines(std::string_view input) {
  auto pieces = split(input, '\n');
  if (pieces.back().empty()) pieces.pop_back();
  for (auto& piece : pieces) {
    if (piece.ends_with('\r')) piece.remove_suffix(1);
  }
  return pieces;
}

std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view input,
                                                                 std::string_view separator) {
  const auto at = input.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(input.substr(0, at), input.substr(at + separator.size()));
}

std::string_view trim(std::string_view input) {
  const auto begin = input.find_first_not_of(white_space);
  if (begin == std::string_view::npos) return {};
  return input.substr(begin, input.find_last_not_of(white_space) - begin + 1);
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string joined;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) joined += separator;
    joined += pieces[i];
  }
  return joined;
}

std::string lower(std::string_view input) {
  std::string result(input);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

std::string upper(std::string_view input) {
  std::string result(input);
  std::transform(result.begin(), result.end(), result.begin(), to_upper);
  return result;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::string replace_all(std::string_view input, std::string_view from, std::string_view to) {
  std::string result;
  if (from.empty()) return std::string(input);
  while (true) {
    const auto at = input.find(from);
    result += input.substr(0, at);
    if (at == std::string_view::npos) return result;
    result += to;
    input.remove_prefix(at + from.size());
  }
}

std::optional<std::uint64_t> find_number(std::string_view input) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(input.data(), input.data() + input.size(), number);
  if (error != std::errc{} || end != input.data() + input.size()) return std::nullopt;
  return number;
}

}  // namespace text
