// SPDX-License-Identifier: Apache-2.0
#include "sandbox/account_setup.hpp"

#include <fmt/core.h>

#include "crypto/sha256.hpp"
#include "sandbox/identifiers.hpp"

namespace sandbox {
namespace {

TargetGroup target_group(const World& world, const UpOptions& options) {
  TargetGroup group;
  group.name = options.target_group;
  group.arn = fmt::format("arn:aws:elasticloadbalancing:{}:{}:targetgroup/{}/{}", world.region,
                          world.account_id, group.name, crypto::random_hex(8));
  group.port = options.app_port;
  group.health_path = options.health_path;
  group.interval = std::chrono::seconds(10);
  group.timeout = std::chrono::seconds(5);
  group.healthy_threshold = 2;
  group.unhealthy_threshold = 2;
  group.deregistration_delay = std::chrono::seconds(30);
  return group;
}

LoadBalancer load_balancer(const World& world, const UpOptions& options) {
  LoadBalancer balancer;
  balancer.name = options.application;
  const auto id = crypto::random_hex(8);
  const auto prefix =
      fmt::format("arn:aws:elasticloadbalancing:{}:{}", world.region, world.account_id);
  balancer.arn = fmt::format("{}:loadbalancer/app/{}/{}", prefix, balancer.name, id);
  balancer.listener_arn =
      fmt::format("{}:listener/app/{}/{}/{}", prefix, balancer.name, id, crypto::random_hex(8));
  balancer.dns_name = "127.0.0.1";
  balancer.target_group = options.target_group;
  return balancer;
}

DeploymentGroup deployment_group(const UpOptions& options, const std::string& auto_scaling_group) {
  DeploymentGroup group;
  group.id = new_uuid();
  group.application = options.application;
  group.name = options.group;
  group.auto_scaling_group = auto_scaling_group;
  group.target_group = options.target_group;
  group.auto_rollback = {.enabled = true,
                         .events = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"}};
  return group;
}

}  // namespace

void set_up_account(World& world, const UpOptions& options) {
  const std::lock_guard lock(world.mutex);
  auto& account = world.account;
  account.target_groups[options.target_group] = target_group(world, options);
  account.load_balancer = load_balancer(world, options);

  AutoScalingGroup fleet;
  fleet.name = options.application + "-asg";
  fleet.minimum = options.instances;
  fleet.maximum = 2 * options.instances;
  fleet.desired = options.instances;
  fleet.target_groups = {options.target_group};
  fleet.created = world.clock.now();
  account.auto_scaling_groups[fleet.name] = fleet;

  auto& application = account.applications[options.application];
  application.id = new_uuid();
  application.name = options.application;
  application.created = world.clock.now();
  application.groups[options.group] = deployment_group(options, fleet.name);
}

}  // namespace sandbox
