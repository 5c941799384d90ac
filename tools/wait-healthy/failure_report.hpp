// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "wait-healthy/observation.hpp"

namespace wait_healthy {

// What failed, for people: per instance the lifecycle event, its script, message and last log
// lines, the unhealthy targets with the load balancer's reasons, and the rollback with its own
// failures.
std::vector<std::string> failure_report(const Observation& now);

// The first failure in one line: "i-0aaa ValidateService scripts/validate.sh: … exit code 1"; empty
// when no instance tells one.
std::string first_failure(const DeploymentSeen& seen);

// The next thing to try for the first failure; empty when none is known.
std::string hint_for(const DeploymentSeen& seen);

}  // namespace wait_healthy
