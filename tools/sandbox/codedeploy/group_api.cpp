// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <chrono>
#include <mutex>
#include <vector>

#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/codedeploy/shapes.hpp"
#include "sandbox/identifiers.hpp"

namespace sandbox::codedeploy {
namespace {

constexpr std::chrono::minutes longest_wait{2'880};

Fault blue_green_fault(std::string message) {
  return fault("InvalidBlueGreenDeploymentConfigurationException", std::move(message));
}

std::string one_of(const json::Field& field, std::initializer_list<std::string_view> allowed,
                   const std::string& fallback) {
  const auto value = field.maybe_string().value_or(fallback);
  for (const auto each : allowed) {
    if (value == each) return value;
  }
  throw blue_green_fault(fmt::format("{} is not a value that the sandbox can carry out", value));
}

std::chrono::minutes minutes_of(const json::Field& field, std::chrono::minutes fallback) {
  const auto given = field.maybe_integer();
  if (!given) return fallback;
  if (*given < 0 || *given > longest_wait.count()) {
    throw blue_green_fault(
        fmt::format("{} minutes is outside 0 to {}", *given, longest_wait.count()));
  }
  return std::chrono::minutes(*given);
}

BlueGreen blue_green_of(const json::Field& settings, const BlueGreen& before) {
  BlueGreen result = before;
  if (const auto option = settings["terminateBlueInstancesOnDeploymentSuccess"]; option.exists()) {
    result.terminate_action = one_of(option["action"], {"TERMINATE", "KEEP_ALIVE"}, "TERMINATE");
    result.termination_wait =
        minutes_of(option["terminationWaitTimeInMinutes"], std::chrono::minutes{0});
  }
  if (const auto option = settings["deploymentReadyOption"]; option.exists()) {
    result.ready_action = one_of(option["actionOnTimeout"],
                                 {"CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"}, "CONTINUE_DEPLOYMENT");
    result.ready_wait = minutes_of(option["waitTimeInMinutes"], std::chrono::minutes{0});
    const bool continues = result.ready_action == "CONTINUE_DEPLOYMENT";
    if (continues && option["waitTimeInMinutes"].maybe_integer().value_or(0) != 0) {
      throw blue_green_fault("waitTimeInMinutes cannot be set with CONTINUE_DEPLOYMENT");
    }
  }
  if (const auto option = settings["greenFleetProvisioningOption"]; option.exists()) {
    result.provisioning =
        one_of(option["action"], {"COPY_AUTO_SCALING_GROUP"}, "COPY_AUTO_SCALING_GROUP");
  }
  return result;
}

void read_style(const json::Field& style, DeploymentGroup& group) {
  if (!style.exists()) return;
  group.deployment_type = style["deploymentType"].maybe_string().value_or(group.deployment_type);
  group.deployment_option =
      style["deploymentOption"].maybe_string().value_or(group.deployment_option);
  if (group.deployment_type != "BLUE_GREEN" || group.deployment_option != "WITH_TRAFFIC_CONTROL") {
    throw fault("InvalidDeploymentStyleException",
                "the sandbox deploys BLUE_GREEN, WITH_TRAFFIC_CONTROL");
  }
}

void read_fleet(const json::Field& names, const Account& account, DeploymentGroup& group) {
  const auto items = names.items();
  if (items.empty()) return;
  if (items.size() != 1) {
    throw blue_green_fault("COPY_AUTO_SCALING_GROUP needs exactly one Auto Scaling group");
  }
  group.auto_scaling_group = items.front().string();
  if (!account.auto_scaling_groups.contains(group.auto_scaling_group)) {
    throw fault("InvalidAutoScalingGroupException",
                fmt::format("There is no Auto Scaling group {}", group.auto_scaling_group));
  }
}

void read_target_group(const json::Field& info, const Account& account, DeploymentGroup& group) {
  if (!info.exists()) return;
  const auto items = info["targetGroupInfoList"].items();
  const auto name =
      items.size() == 1 ? items.front()["name"].maybe_string().value_or("") : std::string();
  if (!account.target_groups.contains(name)) {
    throw fault("InvalidLoadBalancerInfoException",
                "loadBalancerInfo needs one targetGroupInfoList item that names a target group");
  }
  group.target_group = name;
}

// What create and update have in common: members that are given replace the group's settings.
void read_settings(const json::Field& input, const Account& account, DeploymentGroup& group) {
  refuse_members(input,
                 {"ec2TagFilters", "onPremisesInstanceTagFilters", "ec2TagSet", "onPremisesTagSet",
                  "ecsServices", "tags"},
                 "InvalidInputException");
  refuse_members(input, {"triggerConfigurations"}, "InvalidTriggerConfigException");
  refuse_members(input, {"alarmConfiguration"}, "InvalidAlarmConfigException");
  if (input["outdatedInstancesStrategy"].maybe_string().value_or("UPDATE") != "UPDATE") {
    throw fault("InvalidInputException", "the sandbox has no outdatedInstancesStrategy but UPDATE");
  }
  if (const auto config = input["deploymentConfigName"].maybe_string()) {
    require_config(account, *config);
    group.config = *config;
  }
  if (const auto role = input["serviceRoleArn"].maybe_string()) group.service_role = *role;
  if (!group.service_role.starts_with("arn:")) {
    throw fault("InvalidRoleException", "serviceRoleArn is not an ARN");
  }
  if (const auto rollback = input["autoRollbackConfiguration"]; rollback.exists()) {
    group.auto_rollback = auto_rollback_of(rollback);
  }
  read_style(input["deploymentStyle"], group);
  group.blue_green = blue_green_of(input["blueGreenDeploymentConfiguration"], group.blue_green);
  read_fleet(input["autoScalingGroups"], account, group);
  read_target_group(input["loadBalancerInfo"], account, group);
}

Fault already_exists(const std::string& name) {
  return fault("DeploymentGroupAlreadyExistsException",
               fmt::format("Deployment Group already exists: {}", name));
}

}  // namespace

json::Value create_deployment_group(World& world, const json::Field& input) {
  DeploymentGroup group;
  group.application = application_name(input);
  group.name = group_name(input);
  group.config = "CodeDeployDefault.OneAtATime";
  if (input["serviceRoleArn"].maybe_string().value_or("").empty()) {
    throw fault("RoleRequiredException", "serviceRoleArn is required");
  }
  const std::lock_guard lock(world.mutex);
  auto& application = require_application(world.account, group.application);
  if (application.groups.contains(group.name)) throw already_exists(group.name);
  read_settings(input, world.account, group);
  if (group.auto_scaling_group.empty()) {
    throw blue_green_fault("COPY_AUTO_SCALING_GROUP needs exactly one Auto Scaling group");
  }
  if (group.target_group.empty()) {
    throw fault("InvalidLoadBalancerInfoException", "A blue/green group needs a load balancer");
  }
  group.id = new_uuid();
  const auto id = group.id;
  application.groups.emplace(group.name, std::move(group));
  return json::object({{"deploymentGroupId", id}});
}

json::Value get_deployment_group(World& world, const json::Field& input) {
  const auto application = application_name(input);
  const auto name = group_name(input);
  const std::lock_guard lock(world.mutex);
  const auto& group = require_group(require_application(world.account, application), name);
  return json::object({{"deploymentGroupInfo", group_info(group, world.account)}});
}

json::Value update_deployment_group(World& world, const json::Field& input) {
  const auto application = application_name(input);
  const auto name = required_name(input, "currentDeploymentGroupName", "DeploymentGroupName");
  const std::lock_guard lock(world.mutex);
  auto& groups = require_application(world.account, application).groups;
  auto changed = require_group(require_application(world.account, application), name);
  read_settings(input, world.account, changed);
  if (input["newDeploymentGroupName"].exists()) {
    changed.name = required_name(input, "newDeploymentGroupName", "DeploymentGroupName");
    if (changed.name != name && groups.contains(changed.name)) throw already_exists(changed.name);
  }
  groups.erase(name);
  groups.emplace(changed.name, changed);
  return json::object({{"hooksNotCleanedUp", json::Array{}}});
}

json::Value list_deployment_groups(World& world, const json::Field& input) {
  const auto application = application_name(input);
  std::vector<std::string> names;
  {
    const std::lock_guard lock(world.mutex);
    for (const auto& [name, group] : require_application(world.account, application).groups) {
      names.push_back(name);
    }
  }
  auto page = page_of(input, "deploymentGroups", names);
  page.set("applicationName", application);
  return page;
}

}  // namespace sandbox::codedeploy
