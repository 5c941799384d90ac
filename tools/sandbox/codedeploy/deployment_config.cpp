// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/deployment_config.hpp"

#include <algorithm>
#include <string>

namespace sandbox {

std::optional<DeploymentConfig> find_deployment_config(const Account& account,
                                                       std::string_view name) {
  const auto predefined = [name](std::string id, std::string type, int value) {
    return DeploymentConfig{.id = std::move(id),
                            .name = std::string(name),
                            .type = std::move(type),
                            .value = value,
                            .created = {}};
  };
  if (name == "CodeDeployDefault.OneAtATime") {
    return predefined("00000000-0000-0000-0000-000000000001", "FLEET_PERCENT", 99);
  }
  if (name == "CodeDeployDefault.HalfAtATime") {
    return predefined("00000000-0000-0000-0000-000000000002", "FLEET_PERCENT", 50);
  }
  if (name == "CodeDeployDefault.AllAtOnce") {
    return predefined("00000000-0000-0000-0000-000000000003", "FLEET_PERCENT", 0);
  }
  const auto found = account.deployment_configs.find(std::string(name));
  if (found == account.deployment_configs.end()) return std::nullopt;
  return found->second;
}

int most_at_once(const DeploymentConfig& config, int instances) {
  // A percentage is rounded up to whole instances when the deployment starts.
  const int healthy =
      config.type == "FLEET_PERCENT" ? (instances * config.value + 99) / 100 : config.value;
  return std::max(1, instances - healthy);
}

}  // namespace sandbox
