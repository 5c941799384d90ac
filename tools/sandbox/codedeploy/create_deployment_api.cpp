// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <mutex>

#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/identifiers.hpp"

namespace sandbox::codedeploy {
namespace {

// The settings that a request may give, over those of its group.
Deployment described_deployment(const json::Field& input, const DeploymentGroup& group) {
  Deployment deployment;
  deployment.application = group.application;
  deployment.group = group.name;
  deployment.config = input["deploymentConfigName"].maybe_string().value_or(group.config);
  deployment.description = description_of(input);
  deployment.revision = revision_of(input);
  deployment.auto_rollback = group.auto_rollback;
  if (const auto rollback = input["autoRollbackConfiguration"]; rollback.exists()) {
    deployment.auto_rollback = auto_rollback_of(rollback);
  }
  deployment.blue_green = group.blue_green;
  deployment.ignore_application_stop_failures =
      input["ignoreApplicationStopFailures"].maybe_boolean().value_or(false);
  deployment.file_exists = input["fileExistsBehavior"].maybe_string().value_or("DISALLOW");
  if (deployment.file_exists != "DISALLOW" && deployment.file_exists != "OVERWRITE" &&
      deployment.file_exists != "RETAIN") {
    throw fault("InvalidFileExistsBehaviorException",
                "fileExistsBehavior must be DISALLOW, OVERWRITE or RETAIN");
  }
  return deployment;
}

// What asks for something this account does not have.
void refuse_other_ways(const json::Field& input) {
  if (input["updateOutdatedInstancesOnly"].maybe_boolean().value_or(false)) {
    throw fault("InvalidUpdateOutdatedInstancesOnlyValueException",
                "updateOutdatedInstancesOnly does not apply to a blue/green deployment");
  }
  refuse_members(input, {"targetInstances"}, "InvalidTargetInstancesException");
  refuse_members(input, {"overrideAlarmConfiguration"}, "InvalidAlarmConfigException");
}

void require_idle(const Account& account, const Deployment& wanted) {
  for (const auto& [id, deployment] : account.deployments) {
    if (deployment.application == wanted.application && deployment.group == wanted.group &&
        is_active(deployment.status)) {
      throw fault("DeploymentLimitExceededException",
                  fmt::format("The Deployment Group '{}' already has an active Deployment '{}'",
                              wanted.group, id));
    }
  }
}

void register_revision(Application& application, const S3Location& revision, SystemTime now) {
  auto& known = application.revisions;
  if (std::none_of(known.begin(), known.end(),
                   [&revision](const auto& each) { return each.location == revision; })) {
    known.push_back({.location = revision, .registered = now});
  }
}

std::string append_deployment(World& world, const json::Field& input, const std::string& app_name,
                              const std::string& name) {
  auto& account = world.account;
  auto& application = require_application(account, app_name);
  auto& group = require_group(application, name);
  auto deployment = described_deployment(input, group);
  refuse_other_ways(input);
  require_config(account, deployment.config);
  require_idle(account, deployment);
  if (const auto last = account.deployments.find(group.last_successful);
      last != account.deployments.end()) {
    deployment.previous_revision = last->second.revision;
  }
  do {
    deployment.id = new_deployment_id();
  } while (account.deployments.contains(deployment.id));
  deployment.created = world.clock.now();
  register_revision(application, deployment.revision, deployment.created);
  group.last_attempted = deployment.id;
  const auto id = deployment.id;
  account.deployments.emplace(id, std::move(deployment));
  return id;
}

}  // namespace

json::Value create_deployment(World& world, const json::Field& input) {
  const auto application = application_name(input);
  const auto group = group_name(input);
  std::string id;
  {
    const std::lock_guard lock(world.mutex);
    id = append_deployment(world, input, application, group);
  }
  world.events.write("deployment", {{"deployment", id},
                                    {"from", ""},
                                    {"to", "Created"},
                                    {"reason", fmt::format("for {}/{}", application, group)}});
  world.changed.notify_all();
  return json::object({{"deploymentId", id}});
}

}  // namespace sandbox::codedeploy
