// SPDX-License-Identifier: Apache-2.0
#include "process/descendants.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "text/split.hpp"

namespace process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Row {
  pid_t pid = -1;
  pid_t parent = -1;
  char state = '?';
  std::string command;
};

// "pid (name) state ppid …"; the name may hold spaces and parentheses.
std::optional<Row> find_row(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;  // it ended meanwhile
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  const auto rest = text::split(std::string_view(line).substr(close + 1), ' ');
  if (rest.size() < 3 || rest[1].empty()) return std::nullopt;
  return Row{.pid = pid,
             .parent = static_cast<pid_t>(text::find_number(rest[2]).value_or(0)),
             .state = rest[1][0],
             .command = line.substr(open + 1, close - open - 1)};
}

void reap_orphans() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void signal_all(const std::vector<Descendant>& processes, int signal) {
  for (const auto& process : processes) ::kill(process.pid, signal);
}

std::vector<Row> rows_below_us() {
  std::multimap<pid_t, Row> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = text::find_number(entry.path().filename().string());
    if (!pid) continue;
    if (const auto row = find_row(static_cast<pid_t>(*pid))) children.emplace(row->parent, *row);
  }
  std::vector<Row> found;
  std::vector<pid_t> parents{::getpid()};
  while (!parents.empty()) {
    const auto [first, last] = children.equal_range(parents.back());
    parents.pop_back();
    for (auto child = first; child != last; ++child) {
      parents.push_back(child->second.pid);
      found.push_back(child->second);
    }
  }
  return found;
}

// Until none is left, the dead included: those are ours to reap once their parents are gone.
void wait_for_end(steady_clock::time_point deadline) {
  while (true) {
    reap_orphans();
    if (rows_below_us().empty() || steady_clock::now() >= deadline) return;
    const struct timespec pause = {0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace

void adopt_orphans() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    throw base::from_errno("become the parent of orphaned processes", errno);
  }
}

std::vector<Descendant> descendants() {
  std::vector<Descendant> living;
  for (const auto& row : rows_below_us()) {
    if (row.state != 'Z' && row.state != 'X') living.push_back({row.pid, row.command});
  }
  return living;
}

std::vector<Descendant> end_descendants(milliseconds grace) {
  reap_orphans();
  const auto met = descendants();
  if (met.empty()) return met;
  signal_all(met, SIGTERM);
  wait_for_end(steady_clock::now() + grace);
  // A process that forks while it is being killed leaves a newer one behind, hence the rounds.
  for (int round = 0; round < 50; ++round) {
    const auto left = descendants();
    if (left.empty()) break;
    signal_all(left, SIGKILL);
    wait_for_end(steady_clock::now() + milliseconds(20));
  }
  return met;
}

}  // namespace process
