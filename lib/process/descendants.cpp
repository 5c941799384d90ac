// SPDX-License-Identifier: Apache-2.0
#include "process/descendants.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/error.hpp"
#include "process/process_table.hpp"
#include "process/wakeup.hpp"

namespace process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void reap_orphans() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void signal_all(const std::vector<Descendant>& processes, int signal) {
  for (const auto& process : processes) ::kill(process.pid, signal);
}

std::vector<Process> rows_below_us() {
  std::multimap<pid_t, Process> children;
  for (auto& row : process_table()) children.emplace(row.parent, std::move(row));
  std::vector<Process> found;
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
    const auto left = rows_below_us();
    if (left.empty() || steady_clock::now() >= deadline) return;
    const auto living = std::ranges::find_if(left, &Process::is_living);
    await_end(living == left.end() ? left.front().pid : living->pid, deadline);
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
    if (row.is_living()) living.push_back({row.pid, row.name});
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
    if (left.empty()) {
      reap_orphans();  // one that died since the last wait
      break;
    }
    signal_all(left, SIGKILL);
    wait_for_end(steady_clock::now() + milliseconds(20));
  }
  return met;
}

}  // namespace process
