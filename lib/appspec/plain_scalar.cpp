// SPDX-License-Identifier: Apache-2.0
#include "appspec/plain_scalar.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
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

// Psych weighs the parts by 60^2, 60^1, 60^0 from the left, also when there are only two.
std::optional<double> base_sixty(std::string_view digits) {
  const auto parts = text::split(digits, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  double value = 0;
  double weight = 3600;
  for (const auto part : parts) {
    const auto number = all_of(part, "0123456789") ? number_of(part, 10) : std::nullopt;
    if (!number || (part != parts.front() && *number > 59)) return std::nullopt;
    value += static_cast<double>(*number) * weight;
    weight /= 60;
  }
  return value;
}

bool is_plain(const yaml::Node& node) {
  return node.kind == yaml::NodeKind::scalar && !node.quoted;
}

}  // namespace

std::optional<std::int64_t> find_integer(const yaml::Node& node) {
  if (!is_plain(node)) return std::nullopt;
  const auto [negative, digits] = without_sign(node.text);
  std::optional<std::int64_t> value;
  if (digits.starts_with("0x")) {
    value = number_of(digits.substr(2), 16);
  } else if (digits.starts_with("0b")) {
    value = number_of(digits.substr(2), 2);
  } else if (const auto sixty = base_sixty(digits)) {
    value = static_cast<std::int64_t>(*sixty);
  } else if (digits.size() > 1 && digits.starts_with('0')) {
    value = all_of(digits, "01234567_,") ? number_of(digits, 8) : std::nullopt;
  } else if (all_of(digits, "0123456789_,") && digits.front() != '_' && digits.front() != ',') {
    value = number_of(digits, 10);
  }
  if (value && negative) value = -*value;
  return value;
}

std::optional<double> find_float(const yaml::Node& node) {
  if (!is_plain(node)) return std::nullopt;
  const auto [negative, digits] = without_sign(node.text);
  if (!all_of(digits, "0123456789.eE+-") || digits.find('.') == std::string_view::npos ||
      digits.find_first_of("0123456789") == std::string_view::npos) {
    return std::nullopt;
  }
  double value = 0;
  const auto end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return negative ? -value : value;
}

bool is_date(const yaml::Node& node) {
  if (!is_plain(node)) return false;
  const auto day = std::string_view(node.text).substr(0, node.text.find_first_of("Tt "));
  const auto parts = text::split(day, '-');
  return parts.size() == 3 && parts[0].size() == 4 &&
         std::all_of(parts.begin(), parts.end(),
                     [](std::string_view part) {
                       return part.size() <= 4 && all_of(part, "0123456789");
                     }) &&
         parts[1].size() <= 2 && parts[2].size() <= 2;
}

std::string to_ruby_string(const yaml::Node& node) {
  if (const auto integer = find_integer(node)) return fmt::format("{}", *integer);
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
