// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/shapes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>

#include "timing/timestamp.hpp"

namespace sandbox::codedeploy {
namespace {

void set_time(json::Value& shape, std::string_view member, const std::optional<SystemTime>& when) {
  if (when) shape.set(member, timing::epoch_seconds(*when));
}

void set_text(json::Value& shape, std::string_view member, const std::string& text) {
  if (!text.empty()) shape.set(member, text);
}

json::Value style_of(const std::string& type, const std::string& option) {
  return json::object({{"deploymentType", type}, {"deploymentOption", option}});
}

json::Value load_balancer_of(const std::string& target_group) {
  return json::object(
      {{"targetGroupInfoList", json::Array{json::object({{"name", target_group}})}}});
}

json::Value overview_of(const Deployment& deployment) {
  auto overview = json::object({});
  const auto count = [&deployment](TargetStatus status) {
    return std::count_if(deployment.targets.begin(), deployment.targets.end(),
                         [status](const DeploymentTarget& each) { return each.status == status; });
  };
  for (const auto status :
       {TargetStatus::pending, TargetStatus::in_progress, TargetStatus::succeeded,
        TargetStatus::failed, TargetStatus::skipped, TargetStatus::ready}) {
    overview.set(name_of(status), std::int64_t{count(status)});
  }
  return overview;
}

const DeploymentGroup* find_group(const Account& account, const Deployment& deployment) {
  const auto application = account.applications.find(deployment.application);
  if (application == account.applications.end()) return nullptr;
  const auto group = application->second.groups.find(deployment.group);
  return group == application->second.groups.end() ? nullptr : &group->second;
}

std::optional<json::Value> last_deployment(const Account& account, const std::string& id) {
  const auto found = account.deployments.find(id);
  if (found == account.deployments.end()) return std::nullopt;
  auto shape = json::object({{"deploymentId", id}, {"status", name_of(found->second.status)}});
  set_time(shape, "endTime", found->second.completed);
  set_time(shape, "createTime", found->second.created);
  return shape;
}

json::Value rollback_shape(const RollbackInfo& rollback) {
  auto shape = json::object({});
  set_text(shape, "rollbackDeploymentId", rollback.rollback_deployment);
  set_text(shape, "rollbackTriggeringDeploymentId", rollback.triggering_deployment);
  set_text(shape, "rollbackMessage", rollback.message);
  return shape;
}

}  // namespace

json::Value shape_of(const S3Location& revision) {
  auto location = json::object(
      {{"bucket", revision.bucket}, {"key", revision.key}, {"bundleType", revision.bundle_type}});
  set_text(location, "version", revision.version);
  if (!revision.etag.empty()) location.set("eTag", fmt::format("\"{}\"", revision.etag));
  return json::object({{"revisionType", "S3"}, {"s3Location", std::move(location)}});
}

json::Value shape_of(const AutoRollback& settings) {
  return json::object({{"enabled", settings.enabled},
                       {"events", json::Array(settings.events.begin(), settings.events.end())}});
}

json::Value shape_of(const BlueGreen& settings) {
  auto ready = json::object({{"actionOnTimeout", settings.ready_action}});
  if (settings.ready_action == "STOP_DEPLOYMENT") {
    ready.set("waitTimeInMinutes", std::int64_t{settings.ready_wait.count()});
  }
  auto terminate = json::object({{"action", settings.terminate_action}});
  if (settings.terminate_action == "TERMINATE") {
    terminate.set("terminationWaitTimeInMinutes", std::int64_t{settings.termination_wait.count()});
  }
  return json::object(
      {{"terminateBlueInstancesOnDeploymentSuccess", std::move(terminate)},
       {"deploymentReadyOption", std::move(ready)},
       {"greenFleetProvisioningOption", json::object({{"action", settings.provisioning}})}});
}

json::Value shape_of(const LifecycleEvent& event) {
  auto shape = json::object({{"lifecycleEventName", event.name}});
  if (event.diagnostics) {
    shape.set("diagnostics", json::object({{"errorCode", event.diagnostics->error_code},
                                           {"scriptName", event.diagnostics->script_name},
                                           {"message", event.diagnostics->message},
                                           {"logTail", event.diagnostics->log_tail}}));
  }
  set_time(shape, "startTime", event.started);
  set_time(shape, "endTime", event.ended);
  shape.set("status", name_of(event.status));
  return shape;
}

json::Value shape_of(const Application& application) {
  return json::object({{"applicationId", application.id},
                       {"applicationName", application.name},
                       {"createTime", timing::epoch_seconds(application.created)},
                       {"linkedToGitHub", false},
                       {"computePlatform", "Server"}});
}

json::Value deployment_info(const Deployment& deployment, const Account& account) {
  auto shape = json::object({{"applicationName", deployment.application},
                             {"deploymentGroupName", deployment.group},
                             {"deploymentConfigName", deployment.config},
                             {"deploymentId", deployment.id}});
  if (deployment.previous_revision) {
    shape.set("previousRevision", shape_of(*deployment.previous_revision));
  }
  shape.set("revision", shape_of(deployment.revision));
  shape.set("status", name_of(deployment.status));
  if (deployment.error) {
    shape.set("errorInformation", json::object({{"code", deployment.error->code},
                                                {"message", deployment.error->message}}));
  }
  set_time(shape, "createTime", deployment.created);
  set_time(shape, "startTime", deployment.started);
  set_time(shape, "completeTime", deployment.completed);
  if (deployment.provisioned) shape.set("deploymentOverview", overview_of(deployment));
  set_text(shape, "description", deployment.description);
  shape.set("creator", deployment.creator);
  shape.set("ignoreApplicationStopFailures", deployment.ignore_application_stop_failures);
  shape.set("autoRollbackConfiguration", shape_of(deployment.auto_rollback));
  shape.set("updateOutdatedInstancesOnly", false);
  if (deployment.rollback) shape.set("rollbackInfo", rollback_shape(*deployment.rollback));
  shape.set("instanceTerminationWaitTimeStarted", deployment.termination_wait_started);
  shape.set("blueGreenDeploymentConfiguration", shape_of(deployment.blue_green));
  if (const auto* group = find_group(account, deployment)) {
    shape.set("deploymentStyle", style_of(group->deployment_type, group->deployment_option));
    if (!group->target_group.empty()) {
      shape.set("loadBalancerInfo", load_balancer_of(group->target_group));
    }
  }
  shape.set("fileExistsBehavior", deployment.file_exists);
  shape.set("deploymentStatusMessages", deployment.status_message.empty()
                                            ? json::Array{}
                                            : json::Array{deployment.status_message});
  shape.set("computePlatform", "Server");
  return shape;
}

json::Value group_info(const DeploymentGroup& group, const Account& account) {
  auto shape = json::object({{"applicationName", group.application},
                             {"deploymentGroupId", group.id},
                             {"deploymentGroupName", group.name},
                             {"deploymentConfigName", group.config},
                             {"ec2TagFilters", json::Array{}},
                             {"onPremisesInstanceTagFilters", json::Array{}}});
  auto fleets = json::Array{};
  if (!group.auto_scaling_group.empty()) {
    fleets.push_back(json::object({{"name", group.auto_scaling_group}}));
  }
  shape.set("autoScalingGroups", std::move(fleets));
  shape.set("serviceRoleArn", group.service_role);
  if (group.target_revision) shape.set("targetRevision", shape_of(*group.target_revision));
  shape.set("triggerConfigurations", json::Array{});
  shape.set("autoRollbackConfiguration", shape_of(group.auto_rollback));
  shape.set("deploymentStyle", style_of(group.deployment_type, group.deployment_option));
  shape.set("outdatedInstancesStrategy", "UPDATE");
  shape.set("blueGreenDeploymentConfiguration", shape_of(group.blue_green));
  if (!group.target_group.empty()) {
    shape.set("loadBalancerInfo", load_balancer_of(group.target_group));
  }
  if (auto last = last_deployment(account, group.last_successful)) {
    shape.set("lastSuccessfulDeployment", *std::move(last));
  }
  if (auto last = last_deployment(account, group.last_attempted)) {
    shape.set("lastAttemptedDeployment", *std::move(last));
  }
  shape.set("computePlatform", "Server");
  return shape;
}

json::Value target_shape(const Deployment& deployment, const DeploymentTarget& target,
                         const World& world) {
  auto events = json::Array{};
  for (const auto& event : target.events) events.push_back(shape_of(event));
  auto instance =
      json::object({{"deploymentId", deployment.id},
                    {"targetId", target.instance},
                    {"targetArn", fmt::format("arn:aws:ec2:{}:{}:instance/{}", world.region,
                                              world.account_id, target.instance)},
                    {"status", name_of(target.status)},
                    {"lastUpdatedAt", timing::epoch_seconds(target.updated)},
                    {"lifecycleEvents", std::move(events)},
                    {"instanceLabel", name_of(target.label)}});
  return json::object(
      {{"deploymentTargetType", "InstanceTarget"}, {"instanceTarget", std::move(instance)}});
}

}  // namespace sandbox::codedeploy
