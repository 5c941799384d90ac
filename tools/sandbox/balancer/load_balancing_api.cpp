// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/load_balancing_api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "sandbox/balancer/target_groups_api.hpp"
#include "sandbox/server/fault.hpp"

namespace sandbox {
namespace {

struct Targets {
  std::string group{};  // its name
  std::vector<std::string> instances{};
  bool has_listener = false;
};

Targets targets_of(World& world, const QueryRequest& request) {
  Targets targets;
  const std::lock_guard lock(world.mutex);
  const auto& group = balancing::require_target_group(world.account, request);
  targets.group = group.name;
  targets.has_listener = world.account.load_balancer.target_group == group.name;
  for (const auto& target : request.structures("Targets")) {
    if (target.find_integer("Port").value_or(group.port) != group.port) {
      throw Fault(400, "ValidationError",
                  fmt::format("the sandbox's targets all use port {}", group.port));
    }
    targets.instances.push_back(target.required("Id"));
  }
  if (targets.instances.empty()) {
    throw Fault(400, "ValidationError", "At least one target must be specified");
  }
  return targets;
}

void require_running(World& world, const std::vector<std::string>& instances) {
  const std::lock_guard lock(world.mutex);
  for (const auto& id : instances) {
    const auto found = world.account.instances.find(id);
    if (found == world.account.instances.end()) {
      throw Fault(400, "InvalidTarget", fmt::format("The instance ID '{}' is not valid", id));
    }
    if (found->second.state == LifecycleState::terminated) {
      throw Fault(400, "InvalidTarget",
                  fmt::format("The following targets are not in a running state and cannot be "
                              "registered: '{}'",
                              id));
    }
  }
}

QueryResult register_targets(World& world, Balancer& balancer, const QueryRequest& request) {
  const auto targets = targets_of(world, request);
  require_running(world, targets.instances);
  if (!targets.has_listener) {
    // Nothing sends traffic to this group, so nothing checks its targets either.
    throw Fault(400, "ValidationError",
                fmt::format("no listener forwards to {}; the sandbox has one listener and one "
                            "target group behind it",
                            targets.group));
  }
  balancer.register_targets(targets.group, targets.instances);
  return std::vector<xml::Element>{};
}

QueryResult deregister_targets(World& world, Balancer& balancer, const QueryRequest& request) {
  const auto targets = targets_of(world, request);
  balancer.deregister_targets(targets.group, targets.instances);
  return std::vector<xml::Element>{};
}

struct Action {
  std::string_view name;
  QueryResult (*answer)(World&, const QueryRequest&);
};

constexpr std::array actions{
    Action{"DescribeLoadBalancers", balancing::describe_load_balancers},
    Action{"DescribeListeners", balancing::describe_listeners},
    Action{"DescribeTargetGroups", balancing::describe_target_groups},
    Action{"DescribeTargetGroupAttributes", balancing::describe_target_group_attributes},
    Action{"DescribeTargetHealth", balancing::describe_target_health},
    Action{"CreateTargetGroup", balancing::create_target_group},
    Action{"ModifyTargetGroup", balancing::modify_target_group},
    Action{"ModifyTargetGroupAttributes", balancing::modify_target_group_attributes},
};

}  // namespace

QueryResult answer_load_balancing(World& world, Balancer& balancer, std::string_view action,
                                  const QueryRequest& request) {
  if (action == "RegisterTargets") return register_targets(world, balancer, request);
  if (action == "DeregisterTargets") return deregister_targets(world, balancer, request);
  const auto found = std::find_if(actions.begin(), actions.end(),
                                  [action](const Action& each) { return each.name == action; });
  if (found == actions.end()) {
    throw Fault(400, "InvalidAction",
                fmt::format("the sandbox has no Elastic Load Balancing action {}", action));
  }
  return found->answer(world, request);
}

}  // namespace sandbox
