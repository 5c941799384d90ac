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
