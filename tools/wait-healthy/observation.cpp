// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/observation.hpp"

#include <algorithm>

namespace wait_healthy {

std::vector<const aws::DeploymentTarget*> expected_targets(const DeploymentSeen& seen) {
  const bool labelled = seen.deployment.type != "IN_PLACE";
  std::vector<const aws::DeploymentTarget*> expected;
  for (const auto& target : seen.targets) {
    if (!labelled || target.label == "Green") expected.push_back(&target);
  }
  return expected;
}

bool has_shifted(const aws::Deployment& deployment) {
  return deployment.status == aws::DeploymentStatus::succeeded ||
         (deployment.status == aws::DeploymentStatus::in_progress &&
          deployment.termination_wait_started);
}

bool may_be_rolled_back(const aws::Deployment& deployment) {
  const bool wanted =
      deployment.auto_rollback || deployment.status == aws::DeploymentStatus::stopped;
  return wanted && deployment.previous_revision;
}

bool is_healthy_everywhere(const Observation& now, const std::string& target_id) {
  bool seen = false;
  for (const auto& health : now.health) {
    if (health.target.id != target_id) continue;
    seen = true;
    if (health.target.state != aws::TargetState::healthy) return false;
  }
  return seen || now.watched.deployment.target_groups.empty();
}

}  // namespace wait_healthy
