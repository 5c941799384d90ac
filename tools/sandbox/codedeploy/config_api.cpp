// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <mutex>

#include "sandbox/codedeploy/deployment_config.hpp"
#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/identifiers.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::codedeploy {
namespace {

constexpr std::string_view predefined_prefix = "CodeDeployDefault.";

std::string config_name(const json::Field& input) {
  return required_name(input, "deploymentConfigName", "DeploymentConfigName");
}

}  // namespace

void require_config(const Account& account, const std::string& name) {
  if (!find_deployment_config(account, name)) {
    throw fault("DeploymentConfigDoesNotExistException",
                fmt::format("No Deployment Configuration found for name: {}", name));
  }
}

json::Value create_deployment_config(World& world, const json::Field& input) {
  DeploymentConfig config;
  config.name = config_name(input);
  const auto minimum = input["minimumHealthyHosts"];
  config.type = minimum["type"].maybe_string().value_or("");
  const auto value = minimum["value"].maybe_integer().value_or(-1);
  const bool percent = config.type == "FLEET_PERCENT";
  if ((!percent && config.type != "HOST_COUNT") || value < 0 || value > (percent ? 99 : 1000)) {
    throw fault("InvalidMinimumHealthyHostValueException",
                "minimumHealthyHosts needs a type, HOST_COUNT or FLEET_PERCENT, and a value, below "
                "100 for a percentage");
  }
  refuse_members(input, {"trafficRoutingConfig", "zonalConfig"},
                 "InvalidTrafficRoutingConfigurationException");
  if (const auto platform = input["computePlatform"].maybe_string();
      platform && *platform != "Server") {
    throw fault("InvalidComputePlatformException", "The computePlatform must be Server");
  }
  config.value = static_cast<int>(value);
  config.id = new_uuid();
  config.created = world.clock.now();
  const std::lock_guard lock(world.mutex);
  if (config.name.starts_with(predefined_prefix) ||
      find_deployment_config(world.account, config.name)) {
    throw fault("DeploymentConfigAlreadyExistsException",
                fmt::format("Deployment Configuration already exists: {}", config.name));
  }
  world.account.deployment_configs.emplace(config.name, config);
  return json::object({{"deploymentConfigId", config.id}});
}

json::Value get_deployment_config(World& world, const json::Field& input) {
  const auto name = config_name(input);
  const std::lock_guard lock(world.mutex);
  require_config(world.account, name);
  const auto config = *find_deployment_config(world.account, name);
  auto info = json::object(
      {{"deploymentConfigId", config.id},
       {"deploymentConfigName", config.name},
       {"minimumHealthyHosts", json::object({{"type", config.type}, {"value", config.value}})}});
  if (config.created != SystemTime{}) {
    info.set("createTime", timing::epoch_seconds(config.created));
  }
  info.set("computePlatform", "Server");
  return json::object({{"deploymentConfigInfo", std::move(info)}});
}

}  // namespace sandbox::codedeploy
