// SPDX-License-Identifier: Apache-2.0
#include "text/human.hpp"

#include <fmt/core.h>

#include <array>

#include "text/split.hpp"

namespace text {

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array<const char*, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  auto size = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  // Half of the last digit shown below 1024, so that nothing is rounded up to "1024.0 KiB".
  while (size >= 1023.95 && unit + 1 < units.size()) {
    size /= 1024.0;
    ++unit;
  }
  return fmt::format("{:.1f} {}", size, units.at(unit));
}

std::string human_duration(std::chrono::milliseconds time) {
  const auto ms = time.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 59'950) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
  const auto seconds = (ms + 500) / 1000;
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{:02}m", seconds / 3600, seconds % 3600 / 60);
}

std::optional<std::chrono::milliseconds> find_duration(std::string_view input) {
  // Twelve days bound the sum: no wait here is longer, and no product below can overflow.
  constexpr std::uint64_t most = 1'000'000'000;
  std::uint64_t total = 0;
  if (input.empty()) return std::nullopt;
  while (!input.empty()) {
    const auto digits = input.find_first_not_of("0123456789");
    if (digits == std::string_view::npos || digits == 0) return std::nullopt;
    const auto number = find_number(input.substr(0, digits));
    input.remove_prefix(digits);
    const auto unit_end = input.find_first_of("0123456789");
    const auto unit = input.substr(0, unit_end);
    input.remove_prefix(unit.size());
    const std::uint64_t factor = unit == "ms"  ? 1
                                 : unit == "s" ? 1000
                                 : unit == "m" ? 60'000
                                 : unit == "h" ? 3'600'000
                                               : 0;
    if (!number || factor == 0 || *number > most / factor) return std::nullopt;
    total += *number * factor;
    if (total > most) return std::nullopt;
  }
  return std::chrono::milliseconds(total);
}

}  // namespace text
