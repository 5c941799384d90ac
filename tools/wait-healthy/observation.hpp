// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "aws/codedeploy.hpp"
#include "aws/load_balancing.hpp"
#include "wait-healthy/version_sample.hpp"

namespace wait_healthy {

struct GroupHealth {
  std::string group{};  // name of the target group
  aws::TargetHealth target{};
};

// One deployment as seen at one time.
struct DeploymentSeen {
  aws::Deployment deployment{};
  std::vector<aws::DeploymentTarget> targets{};
};

// One reading of everything the verdict rests on.
struct Observation {
  DeploymentSeen watched{};
  std::vector<GroupHealth> health{};  // of the green targets, in each target group
  std::vector<VersionSample> samples{};
  std::optional<DeploymentSeen> rollback{};  // what takes the watched deployment back

  std::chrono::milliseconds since_end{0};  // since the deployment was first seen failed or stopped
  std::chrono::milliseconds since_stuck{0};  // all samples answered, none is new
};

// The targets that must become healthy: those labelled Green; of an in-place deployment all.
std::vector<const aws::DeploymentTarget*> expected_targets(const DeploymentSeen& seen);

// Traffic goes to green: the deployment Succeeded, or only blue's end is waited for.
bool has_shifted(const aws::Deployment& deployment);

// Whether a rollback may follow a deployment that failed or was stopped. Of one stopped by hand it
// is not told whether the stop asked for a rollback: its own setting says nothing of that.
bool may_be_rolled_back(const aws::Deployment& deployment);

bool is_healthy_everywhere(const Observation& now, const std::string& target_id);

}  // namespace wait_healthy
