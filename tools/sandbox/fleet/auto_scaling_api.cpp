// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/auto_scaling_api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "sandbox/fleet/groups_api.hpp"
#include "sandbox/server/fault.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::array<std::string_view, 9> process_names{
    "Launch",      "Terminate",       "AddToLoadBalancer", "AlarmNotification", "AZRebalance",
    "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy",  "ScheduledActions"};

Fault validation_error(std::string message) { return {400, "ValidationError", std::move(message)}; }

// What brings a group from what it has to what it wants.
struct Change {
  int launch = 0;
  std::vector<std::string> terminate{};
};

Change change_of(const Account& account, const std::string& name) {
  Change change;
  const auto found = account.auto_scaling_groups.find(name);
  if (found == account.auto_scaling_groups.end()) return change;
  const auto& group = found->second;
  std::vector<const Instance*> members;
  for (const auto& [id, instance] : account.instances) {
    const bool counts =
        instance.state == LifecycleState::pending || instance.state == LifecycleState::in_service;
    if (instance.auto_scaling_group == name && counts) members.push_back(&instance);
  }
  // The unhealthy go first, then the oldest.
  std::sort(members.begin(), members.end(), [](const Instance* left, const Instance* right) {
    return std::pair(left->healthy, left->launched) < std::pair(right->healthy, right->launched);
  });
  const auto surplus = static_cast<int>(members.size()) - group.desired;
  if (surplus < 0 && !group.suspended_processes.contains("Launch")) change.launch = -surplus;
  if (!group.suspended_processes.contains("Terminate")) {
    for (int i = 0; i < surplus; ++i) {
      change.terminate.push_back(members[static_cast<std::size_t>(i)]->id);
    }
  }
  return change;
}

void converge(const AutoScaling& scaling, const std::string& group) {
  scaling.background.run([&world = scaling.world, &fleet = scaling.fleet, group] {
    Change change;
    {
      const std::lock_guard lock(world.mutex);
      change = change_of(world.account, group);
    }
    if (change.launch > 0) fleet.launch(group, change.launch);
    if (!change.terminate.empty()) fleet.terminate(change.terminate);
  });
}

void terminate_and_converge(const AutoScaling& scaling, const std::string& instance,
                            const std::string& group) {
  scaling.background.run([&fleet = scaling.fleet, instance] { fleet.terminate({instance}); });
  converge(scaling, group);
}

QueryResult set_desired_capacity(AutoScaling& scaling, const QueryRequest& request) {
  const auto wanted = request.find_integer("DesiredCapacity");
  if (!wanted) throw validation_error("The parameter DesiredCapacity is required");
  std::string name;
  {
    const std::lock_guard lock(scaling.world.mutex);
    auto& group = scaling::require_group(scaling.world.account, request);
    if (*wanted < group.minimum) {
      throw validation_error(
          fmt::format("New SetDesiredCapacity value {} is below min value {} for "
                      "the AutoScalingGroup.",
                      *wanted, group.minimum));
    }
    if (*wanted > group.maximum) {
      throw validation_error(
          fmt::format("New SetDesiredCapacity value {} is above max value {} for "
                      "the AutoScalingGroup.",
                      *wanted, group.maximum));
    }
    group.desired = *wanted;
    name = group.name;
  }
  scaling.world.changed.notify_all();
  converge(scaling, name);
  return std::nullopt;
}

QueryResult terminate_instance(AutoScaling& scaling, const QueryRequest& request) {
  const auto decrement = request.find_boolean("ShouldDecrementDesiredCapacity");
  if (!decrement) throw validation_error("ShouldDecrementDesiredCapacity is required");
  scaling::Activity activity;
  std::string id;
  {
    const std::lock_guard lock(scaling.world.mutex);
    const auto& instance = scaling::require_instance(scaling.world.account, request);
    id = instance.id;
    activity.group = instance.auto_scaling_group;
    const auto group = scaling.world.account.auto_scaling_groups.find(activity.group);
    if (*decrement && group != scaling.world.account.auto_scaling_groups.end()) {
      if (group->second.desired <= group->second.minimum) {
        throw validation_error(fmt::format(
            "Currently, desiredSize equals minSize ({}). Terminating instance without replacement "
            "will violate group's min size constraint.",
            group->second.minimum));
      }
      --group->second.desired;
    }
  }
  terminate_and_converge(scaling, id, activity.group);
  activity.id = crypto::random_hex(16);
  activity.description = "Terminating EC2 instance: " + id;
  activity.status = "InProgress";
  activity.started = scaling.world.clock.now();
  return std::vector{xml::node("Activity", scaling::elements_of(activity))};
}

QueryResult set_instance_health(AutoScaling& scaling, const QueryRequest& request) {
  const auto status = request.required("HealthStatus");
  if (status != "Healthy" && status != "Unhealthy") {
    throw validation_error("HealthStatus must be Healthy or Unhealthy");
  }
  std::string id;
  std::string group;
  bool replace = false;
  {
    const std::lock_guard lock(scaling.world.mutex);
    auto& instance = scaling::require_instance(scaling.world.account, request);
    instance.healthy = status == "Healthy";
    id = instance.id;
    group = instance.auto_scaling_group;
    const auto found = scaling.world.account.auto_scaling_groups.find(group);
    replace = !instance.healthy && found != scaling.world.account.auto_scaling_groups.end() &&
              !found->second.suspended_processes.contains("ReplaceUnhealthy");
  }
  scaling.world.changed.notify_all();
  if (replace) terminate_and_converge(scaling, id, group);
  return std::nullopt;
}

std::vector<std::string> processes_of(const QueryRequest& request) {
  auto processes = request.members("ScalingProcesses");
  for (const auto& process : processes) {
    if (std::find(process_names.begin(), process_names.end(), process) == process_names.end()) {
      throw validation_error(fmt::format("{} is not a scaling process", process));
    }
  }
  if (processes.empty()) processes.assign(process_names.begin(), process_names.end());
  return processes;
}

QueryResult suspend_processes(AutoScaling& scaling, const QueryRequest& request) {
  const auto processes = processes_of(request);
  const std::lock_guard lock(scaling.world.mutex);
  auto& suspended = scaling::require_group(scaling.world.account, request).suspended_processes;
  suspended.insert(processes.begin(), processes.end());
  return std::nullopt;
}

QueryResult resume_processes(AutoScaling& scaling, const QueryRequest& request) {
  const auto processes = processes_of(request);
  std::string name;
  {
    const std::lock_guard lock(scaling.world.mutex);
    auto& group = scaling::require_group(scaling.world.account, request);
    for (const auto& process : processes) group.suspended_processes.erase(process);
    name = group.name;
  }
  converge(scaling, name);
  return std::nullopt;
}

QueryResult attach_target_groups(AutoScaling& scaling, const QueryRequest& request) {
  const auto arns = request.members("TargetGroupARNs");
  std::vector<std::string> names;
  std::vector<std::string> instances;
  {
    const std::lock_guard lock(scaling.world.mutex);
    auto& account = scaling.world.account;
    auto& group = scaling::require_group(account, request);
    for (const auto& [name, target_group] : account.target_groups) {
      if (std::find(arns.begin(), arns.end(), target_group.arn) != arns.end()) {
        names.push_back(name);
      }
    }
    if (names.empty() || names.size() != arns.size()) {
      throw validation_error(
          "Provided Target Groups may not be valid. Please ensure they exist and "
          "try again.");
    }
    group.target_groups.insert(names.begin(), names.end());
    for (const auto& [id, instance] : account.instances) {
      if (instance.auto_scaling_group == group.name &&
          instance.state == LifecycleState::in_service) {
        instances.push_back(id);
      }
    }
  }
  for (const auto& name : names) scaling.balancer.register_targets(name, instances);
  return std::vector<xml::Element>{};
}

QueryResult delete_group(AutoScaling& scaling, const QueryRequest& request) {
  const bool force = request.find_boolean("ForceDelete").value_or(false);
  std::string name;
  {
    const std::lock_guard lock(scaling.world.mutex);
    const auto& account = scaling.world.account;
    name = scaling::require_group(scaling.world.account, request).name;
    const bool in_use =
        std::any_of(account.instances.begin(), account.instances.end(), [&name](const auto& each) {
          return each.second.auto_scaling_group == name && scaling::is_live(each.second);
        });
    if (in_use && !force) {
      throw Fault(400, "ResourceInUse",
                  "You cannot delete an AutoScalingGroup while there are instances or pending Spot "
                  "instance request(s) still in the group.");
    }
  }
  scaling.background.run([&fleet = scaling.fleet, name] { fleet.remove_group(name); });
  return std::nullopt;
}

struct Reading {
  std::string_view name;
  QueryResult (*answer)(World&, const QueryRequest&);
};

constexpr std::array readings{
    Reading{"DescribeAutoScalingGroups", scaling::describe_groups},
    Reading{"DescribeAutoScalingInstances", scaling::describe_instances},
    Reading{"DescribeLifecycleHooks", scaling::describe_lifecycle_hooks},
    Reading{"DescribeScalingActivities", scaling::describe_activities},
    Reading{"CompleteLifecycleAction", scaling::complete_lifecycle_action},
    Reading{"RecordLifecycleActionHeartbeat", scaling::complete_lifecycle_action},
};

struct Writing {
  std::string_view name;
  QueryResult (*answer)(AutoScaling&, const QueryRequest&);
};

constexpr std::array writings{
    Writing{"SetDesiredCapacity", set_desired_capacity},
    Writing{"TerminateInstanceInAutoScalingGroup", terminate_instance},
    Writing{"SetInstanceHealth", set_instance_health},
    Writing{"SuspendProcesses", suspend_processes},
    Writing{"ResumeProcesses", resume_processes},
    Writing{"AttachLoadBalancerTargetGroups", attach_target_groups},
    Writing{"DeleteAutoScalingGroup", delete_group},
};

template <typename Table>
const typename Table::value_type* find_in(const Table& table, std::string_view action) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [action](const auto& each) { return each.name == action; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

QueryResult answer_auto_scaling(AutoScaling& scaling, std::string_view action,
                                const QueryRequest& request) {
  if (const auto* reading = find_in(readings, action)) {
    return reading->answer(scaling.world, request);
  }
  if (const auto* writing = find_in(writings, action)) return writing->answer(scaling, request);
  throw Fault(400, "InvalidAction",
              fmt::format("the sandbox has no Auto Scaling action {}", action));
}

}  // namespace sandbox
