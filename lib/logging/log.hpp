// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <optional>
#include <string_view>
#include <utility>

namespace logging {

enum class Level { error, warning, info, debug };

void set_level(Level level);
Level level();
std::optional<Level> find_level(std::string_view name);

// One line on stderr, masked (secrets.hpp), control characters neutralised, in one write(2), so that
// lines of parallel processes never mix. Thread-safe.
void line(Level level, std::string_view message);

// Text that stays below all lines of a terminal until the next call; empty: none. Only for a
// terminal: it is drawn over with escape sequences. No control characters in it. Thread-safe.
void set_status(std::string_view text);

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  line(Level::error, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  line(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  line(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (level() >= Level::debug) line(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace logging
