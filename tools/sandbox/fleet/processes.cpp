// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/processes.hpp"

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "text/split.hpp"
#include "timing/clock.hpp"

namespace sandbox {
namespace {

std::vector<pid_t> processes_with(const std::string& entry) {
  std::vector<pid_t> found;
  const auto wanted = std::string(1, '\0') + entry + '\0';
  std::error_code error;
  for (const auto& folder : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = text::find_number(folder.path().filename().string());
    if (!pid || *pid == static_cast<std::uint64_t>(::getpid())) continue;
    std::ifstream file(folder.path() / "environ", std::ios::binary);
    const std::string environment{std::istreambuf_iterator<char>(file), {}};
    if ((std::string(1, '\0') + environment).find(wanted) != std::string::npos) {
      found.push_back(static_cast<pid_t>(*pid));
    }
  }
  return found;
}

}  // namespace

void end_processes_with(const std::string& entry, std::chrono::milliseconds grace) {
  timing::SystemClock clock;
  auto left = processes_with(entry);
  for (const auto pid : left) ::kill(pid, SIGTERM);
  const auto deadline = clock.steady_now() + grace;
  while (!left.empty() && clock.steady_now() < deadline) {
    clock.sleep_for(std::chrono::milliseconds(20), {});
    left = processes_with(entry);
  }
  // A fork between two looks leaves one more.
  for (int look = 0; look < 10 && !left.empty(); ++look) {
    for (const auto pid : left) ::kill(pid, SIGKILL);
    clock.sleep_for(std::chrono::milliseconds(20), {});
    left = processes_with(entry);
  }
}

}  // namespace sandbox
