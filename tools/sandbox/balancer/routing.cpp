// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/routing.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "text/split.hpp"

namespace sandbox {

CheckResult passed_check() { return {.passed = true, .reason = {}, .description = {}}; }

CheckResult wrong_code(int status) {
  return {.passed = false,
          .reason = "Target.ResponseCodeMismatch",
          .description = fmt::format("Health checks failed with these codes: [{}]", status)};
}

CheckResult timed_out_check() {
  return {.passed = false, .reason = "Target.Timeout", .description = "Request timed out"};
}

CheckResult refused_check() {
  return {.passed = false,
          .reason = "Target.FailedHealthChecks",
          .description = "Health checks failed"};
}

bool code_matches(std::string_view matcher, int status) {
  for (const auto part : text::split(matcher, ',')) {
    const auto range = text::cut(part, "-");
    const auto low = text::find_number(text::trim(range ? range->first : part));
    const auto high = text::find_number(text::trim(range ? range->second : part));
    const auto code = static_cast<std::uint64_t>(status);
    if (low && high && *low <= code && code <= *high) return true;
  }
  return false;
}

bool advance(Target& target, CheckHistory& history, const CheckResult& result,
             const TargetGroup& group) {
  const auto before = target;
  history.successes = result.passed ? history.successes + 1 : 0;
  history.failures = result.passed ? 0 : history.failures + 1;
  if (result.passed) {
    const int needed = target.state == TargetState::unhealthy ? group.healthy_threshold : 1;
    if (history.successes >= needed) {
      target.state = TargetState::healthy;
      target.reason.clear();
      target.description.clear();
    }
  } else if (history.failures >= group.unhealthy_threshold ||
             target.state == TargetState::unhealthy) {
    target.state = TargetState::unhealthy;
    target.reason = result.reason;
    target.description = result.description;
  }
  return before.state != target.state || before.reason != target.reason ||
         before.description != target.description;
}

std::string_view name_of(ServerState state) {
  switch (state) {
    case ServerState::ready:
      return "ready";
    case ServerState::drain:
      return "drain";
    case ServerState::maint:
      return "maint";
  }
  return "maint";
}

std::map<std::string, ServerState> routing(const std::map<std::string, Target>& targets) {
  const bool fail_open = std::all_of(targets.begin(), targets.end(), [](const auto& entry) {
    return entry.second.state == TargetState::unhealthy ||
           entry.second.state == TargetState::draining;
  });
  std::map<std::string, ServerState> servers;
  for (const auto& [id, target] : targets) {
    switch (target.state) {
      case TargetState::healthy:
        servers[id] = ServerState::ready;
        break;
      case TargetState::draining:
        servers[id] = ServerState::drain;
        break;
      case TargetState::unhealthy:
        servers[id] = fail_open ? ServerState::ready : ServerState::maint;
        break;
      case TargetState::initial:
      case TargetState::unused:
        servers[id] = ServerState::maint;
        break;
    }
  }
  return servers;
}

}  // namespace sandbox
