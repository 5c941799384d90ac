// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/groups_api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "sandbox/server/fault.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::scaling {
namespace {

using xml::leaf;
using xml::node;

constexpr Paging paging{"MaxRecords", "NextToken", 100};

std::string_view health_of(const Instance& instance) {
  return instance.healthy ? "Healthy" : "Unhealthy";
}

std::vector<const Instance*> instances_of(const Account& account, const std::string& group) {
  std::vector<const Instance*> result;
  for (const auto& [id, instance] : account.instances) {
    if (instance.auto_scaling_group == group && is_live(instance)) result.push_back(&instance);
  }
  return result;
}

std::vector<xml::Element> elements_of(const Instance& instance, const World& world) {
  return {leaf("InstanceId", instance.id), leaf("AvailabilityZone", world.region + "a"),
          leaf("LifecycleState", name_of(instance.state)),
          leaf("HealthStatus", health_of(instance)), leaf("ProtectedFromScaleIn", "false")};
}

std::vector<std::string> target_group_arns(const AutoScalingGroup& group, const Account& account) {
  std::vector<std::string> arns;
  for (const auto& name : group.target_groups) {
    const auto found = account.target_groups.find(name);
    if (found != account.target_groups.end()) arns.push_back(found->second.arn);
  }
  return arns;
}

std::vector<xml::Element> elements_of(const AutoScalingGroup& group, const World& world) {
  const auto arns = target_group_arns(group, world.account);
  return {leaf("AutoScalingGroupName", group.name),
          leaf("AutoScalingGroupARN",
               fmt::format("arn:aws:autoscaling:{}:{}:autoScalingGroup:{}:autoScalingGroupName/{}",
                           world.region, world.account_id, group.name, group.name)),
          leaf("MinSize", group.minimum),
          leaf("MaxSize", group.maximum),
          leaf("DesiredCapacity", group.desired),
          leaf("DefaultCooldown", 300),
          text_list("AvailabilityZones", std::vector{world.region + "a"}),
          text_list("TargetGroupARNs", arns),
          leaf("HealthCheckType", group.health_check_type),
          leaf("HealthCheckGracePeriod", 0),
          member_list("Instances", instances_of(world.account, group.name),
                      [&world](const Instance* each) { return elements_of(*each, world); }),
          leaf("CreatedTime", timing::rfc3339(group.created)),
          member_list(
              "SuspendedProcesses", group.suspended_processes,
              [](const std::string& process) { return std::vector{leaf("ProcessName", process)}; }),
          member_list("TrafficSources", arns,
                      [](const std::string& arn) {
                        return std::vector{leaf("Identifier", arn), leaf("Type", "elbv2")};
                      }),
          leaf("NewInstancesProtectedFromScaleIn", "false")};
}

// Answers one page of the items as `name`, with NextToken when more are left.
template <typename Items, typename ToElements>
QueryResult paged(const QueryRequest& request, std::string_view name, const Items& items,
                  ToElements to_elements) {
  const auto page = page_of(request, paging, items.size());
  auto list = node(name);
  for (auto i = page.begin; i < page.end; ++i) {
    list.children.push_back(node("member", to_elements(items[i])));
  }
  std::vector<xml::Element> result{std::move(list)};
  if (page.next) result.push_back(leaf("NextToken", *page.next));
  return result;
}

template <typename Text>
bool asked(const std::vector<std::string>& names, const Text& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_live(const Instance& instance) { return instance.state != LifecycleState::terminated; }

std::vector<xml::Element> elements_of(const Activity& activity) {
  return {leaf("ActivityId", activity.id),
          leaf("AutoScalingGroupName", activity.group),
          leaf("Description", activity.description),
          leaf("StartTime", timing::rfc3339(activity.started)),
          leaf("StatusCode", activity.status),
          leaf("Progress", activity.status == "Successful" ? 100 : 0)};
}

AutoScalingGroup& require_group(Account& account, const QueryRequest& request) {
  const auto name = request.required("AutoScalingGroupName");
  const auto found = account.auto_scaling_groups.find(name);
  if (found == account.auto_scaling_groups.end()) {
    throw Fault(
        400, "ValidationError",
        fmt::format("AutoScalingGroup name not found - AutoScalingGroup '{}' not found", name));
  }
  return found->second;
}

Instance& require_instance(Account& account, const QueryRequest& request) {
  const auto id = request.required("InstanceId");
  const auto found = account.instances.find(id);
  if (found == account.instances.end() || !is_live(found->second) ||
      found->second.auto_scaling_group.empty()) {
    throw Fault(
        400, "ValidationError",
        fmt::format("Instance Id not found - No managed instance found for instance ID {}", id));
  }
  return found->second;
}

QueryResult describe_groups(World& world, const QueryRequest& request) {
  const auto names = request.members("AutoScalingGroupNames");
  if (request.has_any("Filters.")) {
    throw Fault(400, "ValidationError", "the sandbox's groups have no tags to filter by");
  }
  const std::lock_guard lock(world.mutex);
  std::vector<const AutoScalingGroup*> groups;
  for (const auto& [name, group] : world.account.auto_scaling_groups) {
    if (asked(names, name)) groups.push_back(&group);  // an unknown name is no error
  }
  return paged(request, "AutoScalingGroups", groups,
               [&world](const AutoScalingGroup* each) { return elements_of(*each, world); });
}

QueryResult describe_instances(World& world, const QueryRequest& request) {
  const auto ids = request.members("InstanceIds");
  const std::lock_guard lock(world.mutex);
  std::vector<const Instance*> instances;
  for (const auto& [id, instance] : world.account.instances) {
    if (is_live(instance) && asked(ids, id)) instances.push_back(&instance);
  }
  return paged(request, "AutoScalingInstances", instances, [&world](const Instance* each) {
    auto elements = elements_of(*each, world);
    elements.push_back(leaf("AutoScalingGroupName", each->auto_scaling_group));
    return elements;
  });
}

QueryResult describe_lifecycle_hooks(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  require_group(world.account, request);
  return std::vector{node("LifecycleHooks")};  // the sandbox's groups have none
}

QueryResult describe_activities(World& world, const QueryRequest& request) {
  const auto group = request.find("AutoScalingGroupName");
  const std::lock_guard lock(world.mutex);
  std::vector<Activity> activities;
  for (const auto& [id, instance] : world.account.instances) {
    if (group && instance.auto_scaling_group != *group) continue;
    const bool pending = instance.state == LifecycleState::pending;
    activities.push_back({.id = "launch-" + id,
                          .group = instance.auto_scaling_group,
                          .description = "Launching a new EC2 instance: " + id,
                          .status = pending ? "InProgress" : "Successful",
                          .started = instance.launched});
  }
  std::stable_sort(activities.begin(), activities.end(), [](const auto& left, const auto& right) {
    return left.started > right.started;  // the newest first
  });
  return paged(request, "Activities", activities,
               [](const Activity& each) { return elements_of(each); });
}

QueryResult complete_lifecycle_action(World& world, const QueryRequest& request) {
  const auto hook = request.required("LifecycleHookName");
  const std::lock_guard lock(world.mutex);
  require_group(world.account, request);
  throw Fault(
      400, "ValidationError",
      fmt::format("No active Lifecycle Action found for hook {}: the group has no lifecycle "
                  "hooks",
                  hook));
}

}  // namespace sandbox::scaling
