// SPDX-License-Identifier: Apache-2.0
#include "aws/codedeploy_answers.hpp"

#include <algorithm>
#include <array>

#include "aws/s3.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

constexpr std::array<std::pair<DeploymentStatus, std::string_view>, 8> deployment_words{{
    {DeploymentStatus::created, "Created"},
    {DeploymentStatus::queued, "Queued"},
    {DeploymentStatus::in_progress, "InProgress"},
    {DeploymentStatus::baking, "Baking"},
    {DeploymentStatus::ready, "Ready"},
    {DeploymentStatus::succeeded, "Succeeded"},
    {DeploymentStatus::failed, "Failed"},
    {DeploymentStatus::stopped, "Stopped"},
}};

constexpr std::array<std::pair<Progress, std::string_view>, 6> progress_words{{
    {Progress::pending, "Pending"},
    {Progress::in_progress, "InProgress"},
    {Progress::ready, "Ready"},
    {Progress::succeeded, "Succeeded"},
    {Progress::failed, "Failed"},
    {Progress::skipped, "Skipped"},
}};

template <typename Words, typename Status>
std::string_view word_of(const Words& words, Status status) {
  const auto place = std::find_if(words.begin(), words.end(),
                                  [&](const auto& each) { return each.first == status; });
  return place == words.end() ? "Unknown" : place->second;
}

template <typename Status, typename Words>
Status status_of(const Words& words, std::string_view text) {
  const auto place = std::find_if(words.begin(), words.end(),
                                  [&](const auto& each) { return each.second == text; });
  return place == words.end() ? Status::unknown : place->first;
}

std::string text(const json::Field& field) { return field.maybe_string().value_or(""); }

int count(const json::Field& field) { return static_cast<int>(field.maybe_integer().value_or(0)); }

std::optional<timing::SystemTime> time(const json::Field& field) {
  if (!field.exists()) return std::nullopt;
  if (field.value().find_string() != nullptr) return timing::find_rfc3339(field.string());
  return timing::from_epoch_seconds(field.number());
}

std::optional<std::chrono::minutes> minutes(const json::Field& field) {
  const auto number = field.maybe_integer();
  return number ? std::optional(std::chrono::minutes(*number)) : std::nullopt;
}

std::vector<std::string> texts(const json::Field& list) {
  std::vector<std::string> result;
  for (const auto& item : list.items()) result.push_back(item.string());
  return result;
}

std::vector<std::string> names(const json::Field& list) {
  std::vector<std::string> result;
  for (const auto& item : list.items()) result.push_back(text(item["name"]));
  return result;
}

// Absent for a revision that lies elsewhere than in S3.
std::optional<Revision> revision(const json::Field& field) {
  const auto location = field["s3Location"];
  if (!location.exists()) return std::nullopt;
  return Revision{.bucket = text(location["bucket"]),
                  .key = text(location["key"]),
                  .bundle_type = text(location["bundleType"]),
                  .version = text(location["version"]),
                  .etag = without_quotes(text(location["eTag"]))};
}

std::optional<Overview> overview(const json::Field& field) {
  if (!field.exists()) return std::nullopt;
  return Overview{.pending = count(field["Pending"]),
                  .in_progress = count(field["InProgress"]),
                  .succeeded = count(field["Succeeded"]),
                  .failed = count(field["Failed"]),
                  .skipped = count(field["Skipped"]),
                  .ready = count(field["Ready"])};
}

BlueGreen blue_green(const json::Field& field) {
  const auto ready = field["deploymentReadyOption"];
  const auto blue = field["terminateBlueInstancesOnDeploymentSuccess"];
  return {.ready_action = text(ready["actionOnTimeout"]),
          .green_fleet_action = text(field["greenFleetProvisioningOption"]["action"]),
          .blue_action = text(blue["action"]),
          .ready_wait = minutes(ready["waitTimeInMinutes"]),
          .blue_wait = minutes(blue["terminationWaitTimeInMinutes"])};
}

LifecycleEvent lifecycle_event(const json::Field& field) {
  LifecycleEvent event{.name = text(field["lifecycleEventName"]),
                       .status = status_of<Progress>(progress_words, text(field["status"])),
                       .started = time(field["startTime"]),
                       .ended = time(field["endTime"])};
  const auto diagnostics = field["diagnostics"];
  if (diagnostics.exists()) {
    event.diagnostics = Diagnostics{.error_code = text(diagnostics["errorCode"]),
                                    .script = text(diagnostics["scriptName"]),
                                    .message = text(diagnostics["message"]),
                                    .log_tail = text(diagnostics["logTail"])};
  }
  return event;
}

}  // namespace

std::string_view word(DeploymentStatus status) { return word_of(deployment_words, status); }

std::string_view word(Progress progress) { return word_of(progress_words, progress); }

bool is_final(DeploymentStatus status) {
  return status == DeploymentStatus::succeeded || status == DeploymentStatus::failed ||
         status == DeploymentStatus::stopped;
}

Deployment read_deployment(const json::Field& field) {
  const auto rollback = field["rollbackInfo"];
  const auto style = field["deploymentStyle"];
  return {.id = field["deploymentId"].string(),
          .application = text(field["applicationName"]),
          .group = text(field["deploymentGroupName"]),
          .config = text(field["deploymentConfigName"]),
          .description = text(field["description"]),
          .creator = text(field["creator"]),
          .status = status_of<DeploymentStatus>(deployment_words, field["status"].string()),
          .revision = revision(field["revision"]).value_or(Revision{}),
          .previous_revision = revision(field["previousRevision"]),
          .error_code = text(field["errorInformation"]["code"]),
          .error_message = text(field["errorInformation"]["message"]),
          .created = time(field["createTime"]),
          .started = time(field["startTime"]),
          .completed = time(field["completeTime"]),
          .overview = overview(field["deploymentOverview"]),
          .auto_rollback =
              field["autoRollbackConfiguration"]["enabled"].maybe_boolean().value_or(false),
          .rollback = {.deployment_id = text(rollback["rollbackDeploymentId"]),
                       .triggering_deployment_id = text(rollback["rollbackTriggeringDeploymentId"]),
                       .message = text(rollback["rollbackMessage"])},
          .type = text(style["deploymentType"]),
          .option = text(style["deploymentOption"]),
          .blue_green = blue_green(field["blueGreenDeploymentConfiguration"]),
          .target_groups = names(field["loadBalancerInfo"]["targetGroupInfoList"]),
          .termination_wait_started =
              field["instanceTerminationWaitTimeStarted"].maybe_boolean().value_or(false)};
}

DeploymentTarget read_target(const json::Field& field) {
  DeploymentTarget target{.id = field["targetId"].string(),
                          .label = text(field["instanceLabel"]),
                          .status = status_of<Progress>(progress_words, text(field["status"])),
                          .updated = time(field["lastUpdatedAt"])};
  for (const auto& event : field["lifecycleEvents"].items()) {
    target.events.push_back(lifecycle_event(event));
  }
  return target;
}

DeploymentGroup read_deployment_group(const json::Field& field) {
  const auto rollback = field["autoRollbackConfiguration"];
  const auto style = field["deploymentStyle"];
  return {.application = text(field["applicationName"]),
          .name = field["deploymentGroupName"].string(),
          .id = text(field["deploymentGroupId"]),
          .config = text(field["deploymentConfigName"]),
          .type = text(style["deploymentType"]),
          .option = text(style["deploymentOption"]),
          .blue_green = blue_green(field["blueGreenDeploymentConfiguration"]),
          .auto_rollback = rollback["enabled"].maybe_boolean().value_or(false),
          .auto_rollback_events = texts(rollback["events"]),
          .auto_scaling_groups = names(field["autoScalingGroups"]),
          .target_groups = names(field["loadBalancerInfo"]["targetGroupInfoList"]),
          .last_successful_deployment = text(field["lastSuccessfulDeployment"]["deploymentId"]),
          .last_attempted_deployment = text(field["lastAttemptedDeployment"]["deploymentId"])};
}

}  // namespace aws
