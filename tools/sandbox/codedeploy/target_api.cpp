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

namespace sandbox::codedeploy {
namespace {

// Targets exist once the fleet is provisioned; until then AWS has nothing to list.
const Deployment& started_deployment(World& world, const json::Field& input) {
  const auto& deployment = require_deployment(world.account, input);
  if (!deployment.provisioned) {
    throw fault("DeploymentNotStartedException",
                fmt::format("The deployment {} has not started", deployment.id));
  }
  return deployment;
}

struct TargetFilters {
  std::set<std::string> statuses{};
  std::set<std::string> labels{};

  bool takes(const DeploymentTarget& target) const {
    return (statuses.empty() || statuses.contains(std::string(name_of(target.status)))) &&
           (labels.empty() || labels.contains(std::string(name_of(target.label))));
  }
};

template <std::size_t Count>
std::set<std::string> filter_of(const json::Field& field,
                                const std::array<std::string_view, Count>& known,
                                std::string_view code) {
  std::set<std::string> values;
  for (const auto& item : field.items()) {
    if (std::find(known.begin(), known.end(), item.string()) == known.end()) {
      throw fault(code, fmt::format("{} is not a value to filter by", item.string()));
    }
    values.insert(item.string());
  }
  return values;
}

TargetFilters filters_of(const json::Field& input) {
  constexpr std::array<std::string_view, 7> statuses{"Failed",  "InProgress", "Pending", "Ready",
                                                     "Skipped", "Succeeded",  "Unknown"};
  constexpr std::array<std::string_view, 2> labels{"Blue", "Green"};
  const auto filters = input["targetFilters"];
  return {filter_of(filters["TargetStatus"], statuses, "InvalidInstanceStatusException"),
          filter_of(filters["ServerInstanceLabel"], labels, "InvalidInstanceTypeException")};
}

json::Value shape_of_target(World& world, const Deployment& deployment, const std::string& id) {
  const auto found =
      std::find_if(deployment.targets.begin(), deployment.targets.end(),
                   [&id](const DeploymentTarget& each) { return each.instance == id; });
  if (found == deployment.targets.end()) {
    throw fault("DeploymentTargetDoesNotExistException",
                fmt::format("The deployment {} has no target {}", deployment.id, id));
  }
  return target_shape(deployment, *found, world);
}

}  // namespace

json::Value list_deployment_targets(World& world, const json::Field& input) {
  const auto filters = filters_of(input);
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(world.mutex);
    for (const auto& target : started_deployment(world, input).targets) {
      if (filters.takes(target)) ids.push_back(target.instance);
    }
  }
  return page_of(input, "targetIds", ids);
}

json::Value batch_get_deployment_targets(World& world, const json::Field& input) {
  const auto ids = input["targetIds"].items();
  if (ids.size() > batch_limit) {
    throw fault("DeploymentTargetListSizeExceededException",
                fmt::format("At most {} targets can be asked for at once", batch_limit));
  }
  const std::lock_guard lock(world.mutex);
  const auto& deployment = started_deployment(world, input);
  if (ids.empty()) {
    throw fault("DeploymentTargetIdRequiredException", "A target id is required");
  }
  auto targets = json::Array{};
  for (const auto& id : ids) targets.push_back(shape_of_target(world, deployment, id.string()));
  return json::object({{"deploymentTargets", std::move(targets)}});
}

json::Value get_deployment_target(World& world, const json::Field& input) {
  const auto id = input["targetId"].maybe_string().value_or("");
  const std::lock_guard lock(world.mutex);
  const auto& deployment = started_deployment(world, input);
  if (id.empty()) throw fault("DeploymentTargetIdRequiredException", "A target id is required");
  return json::object({{"deploymentTarget", shape_of_target(world, deployment, id)}});
}

}  // namespace sandbox::codedeploy
