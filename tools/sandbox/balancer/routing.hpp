// SPDX-License-Identifier: Apache-2.0
//
// The rules of target health, as pure functions: what a check's answer means, when a target changes
// its state, and which targets get traffic.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/model.hpp"

namespace sandbox {

// One answer to a health check.
struct CheckResult {
  bool passed = false;
  std::string reason;  // Target.ResponseCodeMismatch, Target.Timeout, Target.FailedHealthChecks
  std::string description;
};

CheckResult passed_check();
CheckResult wrong_code(int status);
CheckResult timed_out_check();
CheckResult refused_check();

// "200", "200,202", "200-299" and mixtures.
bool code_matches(std::string_view matcher, int status);

// Successes and failures in a row since the last change of mind.
struct CheckHistory {
  int successes = 0;
  int failures = 0;
};

// Takes one answer into account: one success makes an initial target healthy,
// HealthyThresholdCount an unhealthy one; UnhealthyThresholdCount failures make it unhealthy. True
// when the target's state, reason or description changed.
bool advance(Target& target, CheckHistory& history, const CheckResult& result,
             const TargetGroup& group);

// The state of a target's server in HAProxy.
enum class ServerState { ready, drain, maint };

std::string_view name_of(ServerState state);

// Healthy targets get traffic. When every registered target is unhealthy all of them do (an ALB
// fails open); draining ones finish what they have.
std::map<std::string, ServerState> routing(const std::map<std::string, Target>& targets);

}  // namespace sandbox
