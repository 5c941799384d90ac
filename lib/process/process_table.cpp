// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "text/split.hpp"

namespace process {
namespace {

// "pid (name) state parent group …"; the name may hold spaces and parentheses.
std::optional<Process> find_row(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;  // it ended meanwhile
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  const auto rest = text::split(std::string_view(line).substr(close + 1), ' ');
  if (rest.size() < 4 || rest[1].empty()) return std::nullopt;
  return Process{.pid = pid,
                 .parent = static_cast<pid_t>(text::find_number(rest[2]).value_or(0)),
                 .group = static_cast<pid_t>(text::find_number(rest[3]).value_or(0)),
                 .state = rest[1][0],
                 .name = line.substr(open + 1, close - open - 1)};
}

}  // namespace

std::vector<Process> process_table() {
  std::vector<Process> rows;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = text::find_number(entry.path().filename().string());
    if (!pid) continue;
    if (auto row = find_row(static_cast<pid_t>(*pid))) rows.push_back(std::move(*row));
  }
  return rows;
}

}  // namespace process
