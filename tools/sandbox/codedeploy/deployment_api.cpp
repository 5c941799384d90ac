// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <vector>

#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/codedeploy/shapes.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::codedeploy {
namespace {

struct Selection {
  std::string application{};
  std::string group{};
  std::set<std::string> statuses{};
  double begin = 0;
  double end = 1e18;

  bool takes(const Deployment& deployment) const {
    const auto created = timing::epoch_seconds(deployment.created);
    return (application.empty() || deployment.application == application) &&
           (group.empty() || deployment.group == group) && created >= begin && created <= end &&
           (statuses.empty() || statuses.contains(std::string(name_of(deployment.status))));
  }
};

Selection selection_of(const json::Field& input) {
  Selection selection;
  const bool has_application = input["applicationName"].exists();
  const bool has_group = input["deploymentGroupName"].exists();
  if (has_application || has_group) {  // both or none
    selection.application = application_name(input);
    selection.group = group_name(input);
  }
  constexpr std::array known{"Created",   "Queued", "InProgress", "Baking",
                             "Succeeded", "Failed", "Stopped",    "Ready"};
  for (const auto& status : input["includeOnlyStatuses"].items()) {
    if (std::find(known.begin(), known.end(), status.string()) == known.end()) {
      throw fault("InvalidDeploymentStatusException",
                  fmt::format("{} is not a deployment status", status.string()));
    }
    selection.statuses.insert(status.string());
  }
  const auto range = input["createTimeRange"];
  selection.begin = range["start"].maybe_number().value_or(selection.begin);
  selection.end = range["end"].maybe_number().value_or(selection.end);
  if (selection.begin > selection.end) {
    throw fault("InvalidTimeRangeException", "The start of createTimeRange is after its end");
  }
  return selection;
}

void require_not_completed(const Deployment& deployment) {
  if (!is_active(deployment.status)) {
    throw fault("DeploymentAlreadyCompletedException",
                fmt::format("The deployment {} has already completed", deployment.id));
  }
}

}  // namespace

json::Value get_deployment(World& world, const json::Field& input) {
  const std::lock_guard lock(world.mutex);
  const auto& deployment = require_deployment(world.account, input);
  return json::object({{"deploymentInfo", deployment_info(deployment, world.account)}});
}

json::Value batch_get_deployments(World& world, const json::Field& input) {
  const auto ids = input["deploymentIds"].items();
  if (ids.empty()) throw fault("DeploymentIdRequiredException", "Deployment Id is required");
  if (ids.size() > batch_limit) {
    throw fault("BatchLimitExceededException",
                fmt::format("At most {} deployments can be asked for at once", batch_limit));
  }
  auto infos = json::Array{};
  const std::lock_guard lock(world.mutex);
  for (const auto& id : ids) {
    // Unknown ones are left out of the answer.
    const auto found = world.account.deployments.find(deployment_id(id));
    if (found != world.account.deployments.end()) {
      infos.push_back(deployment_info(found->second, world.account));
    }
  }
  return json::object({{"deploymentsInfo", std::move(infos)}});
}

json::Value list_deployments(World& world, const json::Field& input) {
  const auto selection = selection_of(input);
  std::vector<std::pair<SystemTime, std::string>> found;
  {
    const std::lock_guard lock(world.mutex);
    if (!selection.application.empty()) {
      require_group(require_application(world.account, selection.application), selection.group);
    }
    for (const auto& [id, deployment] : world.account.deployments) {
      if (selection.takes(deployment)) found.emplace_back(deployment.created, id);
    }
  }
  std::sort(found.rbegin(), found.rend());  // the newest first
  std::vector<std::string> ids;
  for (auto& [created, id] : found) ids.push_back(std::move(id));
  return page_of(input, "deployments", ids);
}

json::Value stop_deployment(World& world, const json::Field& input) {
  const auto rollback = input["autoRollbackEnabled"].maybe_boolean();
  {
    const std::lock_guard lock(world.mutex);
    auto& deployment = require_deployment(world.account, input);
    require_not_completed(deployment);
    deployment.stop_requested = true;
    deployment.stop_with_rollback = rollback;
  }
  world.changed.notify_all();
  return json::object({{"status", "Pending"},
                       {"statusMessage", "Stopping the deployment; its events are cancelled"}});
}

json::Value continue_deployment(World& world, const json::Field& input) {
  const auto type = input["deploymentWaitType"].maybe_string().value_or("READY_WAIT");
  if (type != "READY_WAIT" && type != "TERMINATION_WAIT") {
    throw fault("InvalidDeploymentWaitTypeException",
                fmt::format("{} is not READY_WAIT or TERMINATION_WAIT", type));
  }
  {
    const std::lock_guard lock(world.mutex);
    auto& deployment = require_deployment(world.account, input);
    require_not_completed(deployment);
    const bool ready_wait = type == "READY_WAIT";
    const bool waits = ready_wait ? deployment.status == DeploymentStatus::ready
                                  : deployment.termination_wait_started;
    if (!waits) {
      throw fault("DeploymentIsNotInReadyStateException",
                  fmt::format("The deployment {} is not in its {}", deployment.id, type));
    }
    (ready_wait ? deployment.continue_requested : deployment.skip_termination_requested) = true;
  }
  world.changed.notify_all();
  return {};
}

json::Value skip_wait_time(World& world, const json::Field& input) {
  {
    const std::lock_guard lock(world.mutex);
    auto& deployment = require_deployment(world.account, input);
    require_not_completed(deployment);
    if (!deployment.provisioned) {
      throw fault("DeploymentNotStartedException",
                  fmt::format("The deployment {} has not started", deployment.id));
    }
    deployment.skip_termination_requested = true;
  }
  world.changed.notify_all();
  return {};
}

}  // namespace sandbox::codedeploy
