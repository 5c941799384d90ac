// SPDX-License-Identifier: Apache-2.0
#include "sandbox/event_lines.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cmath>

#include "base/error.hpp"
#include "file/file.hpp"
#include "json/value.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

std::string shown(const json::Value& value) {
  const auto* text = value.find_string();
  return text != nullptr ? *text : json::write(value);
}

std::string time_of_day(double epoch) {
  const auto second = std::floor(epoch);
  const auto stamp = timing::rfc3339(timing::from_epoch_seconds(second));  // 2026-01-02T03:04:05Z
  return fmt::format("{}.{:03d}", stamp.substr(11, 8), static_cast<int>((epoch - second) * 1000));
}

}  // namespace

std::string event_line(std::string_view json_text) {
  json::Value event;
  try {
    event = json::parse(json_text, "event log");
  } catch (const base::Error&) {
    return std::string(json_text);
  }
  const auto* members = event.find_object();
  if (members == nullptr) return std::string(json_text);
  std::string line;
  for (const auto& [name, value] : *members) {
    const auto* number = value.find_double();
    const auto text = name == "time" && number != nullptr ? time_of_day(*number) : shown(value);
    if (text.empty()) continue;
    if (!line.empty()) line += name == "to" ? " -> " : " ";
    line += text;
  }
  return line;
}

EventLines::EventLines(const std::filesystem::path& path) : fd_(file::open_for_reading(path)) {}

std::vector<std::string> EventLines::next() {
  std::array<char, 65536> buffer{};
  ssize_t count = 0;
  while ((count = ::read(fd_.get(), buffer.data(), buffer.size())) > 0) {
    pending_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', begin)) {
    lines.push_back(event_line(std::string_view(pending_).substr(begin, end - begin)));
    begin = end + 1;
  }
  pending_.erase(0, begin);
  return lines;
}

}  // namespace sandbox
