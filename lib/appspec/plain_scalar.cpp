// SPDX-License-Identifier: Apache-2.0
#include "appspec/plain_scalar.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <vector>

#include "text/split.hpp"

namespace appspec {
namespace {

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

struct Signed {
  bool negative = false;
  std::string_view digits;
};

Signed without_sign(std::string_view text) {
  if (text.starts_with('-')) return {true, text.substr(1)};
  if (text.starts_with('+')) return {false, text.substr(1)};
  return {false, text};
}

constexpr std::string_view decimal = "0123456789";

std::optional<std::int64_t> number_of(std::string_view digits, int radix) {
  std::string bare;
  std::copy_if(digits.begin(), digits.end(), std::back_inserter(bare),
               [](char c) { return c != '_' && c != ','; });
  std::int64_t value = 0;
  const auto end = bare.data() + bare.size();
  const auto result = std::from_chars(bare.data(), end, value, radix);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

// Psych weighs the parts by 60^2, 60^1, 60^0 from the left, also when there are only two, and a
// minus belongs to the first part alone.
std::optional<std::int64_t> base_sixty(bool negative, std::string_view digits) {
  const auto parts = text::split(digits, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  if (parts[0].starts_with('_') || !all_of(parts[0], "0123456789_")) return std::nullopt;
  const auto first = number_of(parts[0], 10);
  if (!first || *first > 1'000'000'000'000) return std::nullopt;
  std::int64_t value = (negative ? -*first : *first) * 3600;
  std::int64_t weight = 60;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (!all_of(parts[i], decimal) || parts[i].size() > 2) return std::nullopt;
    const auto number = number_of(parts[i], 10);
    if (!number || *number > 59) return std::nullopt;
    value += *number * weight;
    weight /= 60;
  }
  return value;
}

// "0", "1000", "1_000", "1,000", but neither "1__0" nor "1_".
bool is_decimal(std::string_view digits) {
  if (digits == "0") return true;
  if (!all_of(digits, "0123456789_,") || digits.front() < '1' || digits.front() > '9') return false;
  for (std::size_t i = 1; i < digits.size(); ++i) {
    const bool separator = digits[i] == '_' || digits[i] == ',';
    if (separator && (i + 1 == digits.size() || digits[i + 1] == '_' || digits[i + 1] == ',')) {
      return false;
    }
  }
  return true;
}

// "[0-9][0-9_,]*", ".", "[0-9]*", and an exponent, which counts only with a sign.
bool is_float(std::string_view digits) {
  const auto point = digits.find('.');
  if (point == std::string_view::npos || digits == ".") return false;
  const auto whole = digits.substr(0, point);
  if (!whole.empty() && (!all_of(whole, "0123456789_,") || !all_of(whole.substr(0, 1), decimal))) {
    return false;
  }
  auto rest = digits.substr(point + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(decimal), rest.size()));
  if (rest.empty()) return true;
  return rest.size() > 2 && (rest[0] == 'e' || rest[0] == 'E') &&
         (rest[1] == '+' || rest[1] == '-') && all_of(rest.substr(2), decimal);
}

bool is_plain(const yaml::Node& node) {
  return node.kind == yaml::NodeKind::scalar && !node.quoted;
}

}  // namespace

std::optional<std::int64_t> find_integer(const yaml::Node& node) {
  if (!is_plain(node)) return std::nullopt;
  const auto [negative, digits] = without_sign(node.text);
  if (digits.find(':') != std::string_view::npos) return base_sixty(negative, digits);
  std::optional<std::int64_t> value;
  if (digits.starts_with("0x")) {
    value = number_of(digits.substr(2), 16);
  } else if (digits.starts_with("0b")) {
    value = number_of(digits.substr(2), 2);
  } else if (digits.size() > 1 && digits.starts_with('0')) {
    value = all_of(digits, "01234567_,") ? number_of(digits, 8) : std::nullopt;
  } else if (is_decimal(digits)) {
    value = number_of(digits, 10);
  }
  if (value && negative) value = -*value;
  return value;
}

std::optional<double> find_float(const yaml::Node& node) {
  if (!is_plain(node)) return std::nullopt;
  const auto [negative, digits] = without_sign(node.text);
  if (!is_float(digits)) return std::nullopt;
  std::string bare;
  std::copy_if(digits.begin(), digits.end(), std::back_inserter(bare),
               [](char c) { return c != '_' && c != ','; });
  double value = 0;
  const auto end = bare.data() + bare.size();
  const auto result = std::from_chars(bare.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<bool> find_boolean(const yaml::Node& node) {
  if (!is_plain(node)) return std::nullopt;
  const auto word = text::lower(node.text);
  if (word == "yes" || word == "true" || word == "on") return true;
  if (word == "no" || word == "false" || word == "off") return false;
  return std::nullopt;
}

bool is_date(const yaml::Node& node) {
  if (!is_plain(node)) return false;
  std::string_view text = node.text;
  const auto end = text.find_first_of("Tt \t");
  const bool with_time = end != std::string_view::npos;
  if (with_time && text.starts_with('-')) text.remove_prefix(1);
  const auto parts = text::split(text.substr(0, text.find_first_of("Tt \t")), '-');
  const auto number = [](std::string_view part, std::size_t most) -> std::int64_t {
    return part.size() <= most && all_of(part, decimal) ? number_of(part, 10).value_or(-1) : -1;
  };
  if (parts.size() != 3 || parts[0].size() != 4 || number(parts[0], 4) < 0) return false;
  const auto month = number(parts[1], 2);
  const auto day = number(parts[2], 2);
  if (month < 0 || day < 0) return false;
  if (!with_time) return month <= 12 && day <= 31;
  // Digits and the signs of a time of day; the agent refuses words after a date as little as we do.
  const auto time = text::trim(text.substr(text.find_first_of("Tt \t") + 1));
  return time.find(':') != std::string_view::npos && all_of(time, "0123456789:.Z+- ");
}

std::string to_ruby_string(const yaml::Node& node) {
  if (const auto integer = find_integer(node)) return fmt::format("{}", *integer);
  if (const auto boolean = find_boolean(node)) return *boolean ? "true" : "false";
  return node.text;
}

std::int64_t to_ruby_integer(const yaml::Node& node) {
  if (const auto integer = find_integer(node)) return *integer;
  if (const auto number = find_float(node)) {
    return std::abs(*number) < 1e15 ? static_cast<std::int64_t>(*number) : 0;
  }
  // String#to_i takes the leading digits and is content with none.
  const auto text = text::trim(node.text);
  const auto length = text.find_first_not_of("0123456789", text.find_first_of("+-") == 0 ? 1 : 0);
  return number_of(text.substr(0, length), 10).value_or(0);
}

}  // namespace appspec
