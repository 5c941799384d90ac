// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/failure_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "text/split.hpp"
#include "wait-healthy/verdict.hpp"

namespace wait_healthy {
namespace {

using aws::Progress;

const aws::LifecycleEvent* find_failed_event(const aws::DeploymentTarget& target) {
  const auto found =
      std::ranges::find(target.events, Progress::failed, &aws::LifecycleEvent::status);
  return found == target.events.end() ? nullptr : &*found;
}

std::string one_line(std::string_view message) {
  auto line = text::replace_all(text::trim(message), "\n", " ");
  while (line.ends_with('.')) line.pop_back();
  return line;
}

std::string failure_of(const aws::DeploymentTarget& target, const aws::LifecycleEvent& event) {
  std::string line = fmt::format("{} {}", target.id, event.name);
  if (!event.diagnostics) return line + " failed";
  const auto& told = *event.diagnostics;
  if (!told.script.empty()) line += " " + told.script;
  std::vector<std::string> words;
  for (const auto& word : {told.error_code, one_line(told.message)}) {
    if (!word.empty()) words.push_back(word);
  }
  return words.empty() ? line + " failed" : line + ": " + text::join(words, ": ");
}

// A target that failed without any event having begun never heard from its agent.
bool agent_is_silent(const aws::DeploymentTarget& target) {
  return target.status == Progress::failed &&
         std::ranges::none_of(target.events, [](const aws::LifecycleEvent& event) {
           return event.status == Progress::succeeded || event.status == Progress::failed ||
                  event.status == Progress::in_progress;
         });
}

void report_targets(const DeploymentSeen& seen, std::vector<std::string>& lines) {
  for (const auto& target : seen.targets) {
    const auto* event = find_failed_event(target);
    if (event != nullptr) {
      lines.push_back(failure_of(target, *event));
      if (!event->diagnostics) continue;
      for (const auto line : text::lines(event->diagnostics->log_tail)) {
        if (!text::trim(line).empty()) lines.push_back(fmt::format("    | {}", line));
      }
    } else if (agent_is_silent(target)) {
      lines.push_back(fmt::format("{} failed before any lifecycle event began", target.id));
    }
  }
}

struct Hint {
  std::string_view event;  // empty: any
  std::string_view error_code;
  std::string_view hint;
};

constexpr auto hints = std::to_array<Hint>({
    {"DownloadBundle", "", "check that the instance may read the bundle, and its bucket's region"},
    {"AllowTraffic", "", "check the target group's health check: path, port and accepted codes"},
    {"", "ScriptMissing", "the bundle has no such script; compare appspec.yml with its files"},
    {"", "ScriptNotExecutable", "give the script its executable bit and a first line #!…"},
    {"", "ScriptTimedOut", "raise the script's timeout in appspec.yml, or let it do less"},
    {"ValidateService", "ScriptFailed",
     "the new version did not come up; its last lines are above"},
    {"", "ScriptFailed", "the script's last lines are above"},
});

}  // namespace

std::vector<std::string> failure_report(const Observation& now) {
  std::vector<std::string> lines;
  const auto& deployment = now.watched.deployment;
  lines.push_back(fmt::format("{} {}", deployment.id, status_of(deployment)));
  report_targets(now.watched, lines);
  for (const auto& [group, health] : now.health) {
    // Registered green targets only: others never took part.
    if (health.state == aws::TargetState::healthy || health.state == aws::TargetState::unused)
      continue;
    lines.push_back(fmt::format("{} in {}: {}{}{}{}{}", health.id, group, aws::word(health.state),
                                health.reason.empty() ? "" : " ", health.reason,
                                health.description.empty() ? "" : ": ", health.description));
  }
  if (now.rollback) {
    lines.push_back(fmt::format("rollback {} {}", now.rollback->deployment.id,
                                status_of(now.rollback->deployment)));
    report_targets(*now.rollback, lines);
  }
  return lines;
}

std::string first_failure(const DeploymentSeen& seen) {
  for (const auto& target : seen.targets) {
    if (const auto* event = find_failed_event(target)) return failure_of(target, *event);
  }
  return {};
}

std::string hint_for(const DeploymentSeen& seen) {
  for (const auto& target : seen.targets) {
    const auto* event = find_failed_event(target);
    if (event == nullptr) continue;
    const auto code = event->diagnostics ? event->diagnostics->error_code : "";
    for (const auto& row : hints) {
      const bool same_event = row.event.empty() || row.event == event->name;
      if (same_event && (row.error_code.empty() || row.error_code == code)) {
        return std::string(row.hint);
      }
    }
  }
  if (std::ranges::any_of(seen.targets, agent_is_silent)) {
    return "check that the CodeDeploy agent runs on the instance and reaches the service";
  }
  return {};
}

}  // namespace wait_healthy
