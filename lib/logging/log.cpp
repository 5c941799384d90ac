// SPDX-License-Identifier: Apache-2.0
#include "logging/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <string>

#include "logging/secrets.hpp"

namespace logging {
namespace {

std::atomic<Level> current_level{Level::info};

constexpr std::array<std::string_view, 4> names{"error", "warning", "info", "debug"};

// What is drawn below the log, and what makes room for the next line above it.
struct Status {
  std::mutex mutex;
  std::string text;
};

Status& status() {
  static Status instance;
  return instance;
}

constexpr std::string_view erase = "\r\x1b[K";

void write_all(std::string_view rest) {
  while (!rest.empty()) {
    const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody listens any more; the step goes on
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Another program's output may carry escape sequences that repaint a console or forge lines.
std::string without_controls(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 ? byte != 0x7f : c == '\t') {
      result += c;
    } else if (c == '\n') {
      result += "\n  ";
    } else if (c != '\r') {
      result += '?';
    }
  }
  return result;
}

}  // namespace

void set_level(Level level) { current_level = level; }

Level level() { return current_level; }

std::optional<Level> find_level(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names.at(i) == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

void line(Level level, std::string_view message) {
  if (level > current_level) return;
  std::string text;
  if (level != Level::info) text = std::string(names.at(static_cast<std::size_t>(level))) + ": ";
  text += without_controls(mask(message));
  text += '\n';
  auto& below = status();
  const std::lock_guard lock(below.mutex);
  write_all(below.text.empty() ? text : std::string(erase) + text + below.text);
}

void set_status(std::string_view text) {
  auto& below = status();
  const std::lock_guard lock(below.mutex);
  if (text.empty() && below.text.empty()) return;
  below.text = text;
  write_all(std::string(erase) + below.text);
}

}  // namespace logging
