// SPDX-License-Identifier: Apache-2.0
//
// The rules of a blue/green deployment as values and pure functions: which events a target has, how
// many targets are worked on at once, and when too many of them failed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/model.hpp"

namespace sandbox {

const std::vector<std::string>& install_events();  // ApplicationStop … ValidateService
const std::vector<std::string>& allow_events();    // BeforeAllowTraffic … AfterAllowTraffic
const std::vector<std::string>& block_events();    // BeforeBlockTraffic … AfterBlockTraffic

// A green target of an ordinary deployment installs and then takes traffic.
std::vector<std::string> green_events();

DeploymentTarget new_target(const std::string& instance, Label label,
                            const std::vector<std::string>& events);

// With ignoreApplicationStopFailures the deployment survives failures of the scripts that belong to
// the revision before.
bool failure_is_ignorable(std::string_view event);

struct HealthRule {
  int concurrency = 0;       // targets worked on at once
  int failures_allowed = 0;  // more than that fail the deployment
  bool last_may_fail = false;
  bool operator==(const HealthRule&) const = default;
};

// The rule of a configuration for `total` green targets; absent when it can never hold
// (HEALTH_CONSTRAINTS_INVALID). CodeDeployDefault.OneAtATime is a case of its own: its 99 % could
// never hold, and the last of several targets may fail.
std::optional<HealthRule> health_rule(const DeploymentConfig& config, int total);

// `waiting`: targets that are not through yet.
bool is_violated(const HealthRule& rule, int failed, int waiting);

// Whether a deployment that ended as failed or stopped is followed by a rollback.
bool wants_rollback(const Deployment& deployment, DeploymentStatus ending);

}  // namespace sandbox
