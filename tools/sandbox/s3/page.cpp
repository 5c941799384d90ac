// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/page.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "sandbox/server/fault.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {

std::uint64_t page_size(const Call& call, std::string_view parameter) {
  constexpr std::uint64_t most = 1000;
  const auto given = call.parameter(parameter);
  if (given.empty()) return most;
  const auto number = text::find_number(given);
  if (!number) throw Fault(400, "InvalidArgument", fmt::format("{} is not a number", parameter));
  return std::min(most, *number);
}

std::string folded_name(std::string_view key, std::string_view prefix, std::string_view delimiter) {
  if (delimiter.empty()) return std::string(key);
  const auto cut = key.find(delimiter, prefix.size());
  return std::string(cut == std::string_view::npos ? key : key.substr(0, cut + delimiter.size()));
}

std::string Encoding::shown(std::string_view name) const {
  return encode_ ? text::percent_encode(name, text::Slash::keep) : std::string(name);
}

}  // namespace sandbox::s3
