// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/target_work.hpp"

#include <fmt/core.h>

#include "sandbox/agent/agent.hpp"
#include "sandbox/codedeploy/lifecycle.hpp"
#include "sandbox/shim/docker_shim.hpp"

namespace sandbox {
namespace {

constexpr std::chrono::seconds event_limit{3600};
constexpr std::chrono::milliseconds tick{500};

Diagnostics success() {
  return {.error_code = "Success", .script_name = {}, .message = "Succeeded", .log_tail = {}};
}

Diagnostics unknown_error(std::string message) {
  return {.error_code = "UnknownError",
          .script_name = {},
          .message = std::move(message),
          .log_tail = {}};
}

}  // namespace

TargetWork::TargetWork(EngineParts parts, DeploymentRecord& record, std::stop_token stop)
    : parts_(parts),
      record_(record),
      stop_(std::move(stop)),
      deployment_(record.snapshot()),
      group_(record.group()) {}

bool TargetWork::stop_wanted() const {
  return stop_.stop_requested() || record_.snapshot().stop_requested;
}

TargetOutcome TargetWork::run(const std::string& instance, const std::vector<std::string>& events) {
  for (const auto& event : events) {
    if (stop_wanted()) return TargetOutcome::stopped;
    record_.set_target(instance, TargetStatus::in_progress);
    record_.start_event(instance, event);
    const auto diagnostics = perform(instance, event);
    if (!diagnostics || stop_.stop_requested()) {
      record_.end_event(instance, event, TargetStatus::skipped, std::nullopt);
      return TargetOutcome::stopped;
    }
    const bool succeeded = diagnostics->error_code == "Success";
    record_.end_event(instance, event, succeeded ? TargetStatus::succeeded : TargetStatus::failed,
                      diagnostics);
    if (succeeded) continue;
    if (deployment_.ignore_application_stop_failures && failure_is_ignorable(event)) continue;
    record_.set_target(instance, TargetStatus::failed);
    return TargetOutcome::failed;
  }
  return TargetOutcome::succeeded;
}

// Absent when a stop came before the event's end.
std::optional<Diagnostics> TargetWork::perform(const std::string& instance,
                                               const std::string& event) {
  if (event == "AllowTraffic") return allow_traffic(instance);
  if (event == "BlockTraffic") return block_traffic(instance);
  return run_hook(instance, event);
}

std::optional<Diagnostics> TargetWork::run_hook(const std::string& instance,
                                                const std::string& event) {
  Instance host;
  {
    const std::lock_guard lock(parts_.world.mutex);
    const auto found = parts_.world.account.instances.find(instance);
    if (found == parts_.world.account.instances.end() ||
        found->second.state != LifecycleState::in_service) {
      return unknown_error("The instance is not running");
    }
    host = found->second;
  }
  const auto& machine = parts_.fleet.host();
  auto environment = shim::hook_environment(
      {.sandbox = machine.sandbox, .instance = host.id, .address = host.address}, machine.programs,
      machine.docker);
  environment["APP_PORT"] = fmt::format("{}", machine.app_port);
  const agent::Agent agent(host, parts_.objects, std::move(environment));
  return agent.perform({.event = event,
                        .application = deployment_.application,
                        .group = deployment_.group,
                        .group_id = group_.id,
                        .deployment = deployment_.id,
                        .creator = deployment_.creator,
                        .file_exists = deployment_.file_exists,
                        .revision = deployment_.revision},
                       stop_);
}

std::optional<Target> TargetWork::target_of(const std::string& instance) const {
  const std::lock_guard lock(parts_.world.mutex);
  const auto group = parts_.world.account.target_groups.find(group_.target_group);
  if (group == parts_.world.account.target_groups.end()) return std::nullopt;
  const auto target = group->second.targets.find(instance);
  return target == group->second.targets.end() ? std::nullopt : std::optional(target->second);
}

// Registers the instance and waits until the load balancer finds it healthy.
std::optional<Diagnostics> TargetWork::allow_traffic(const std::string& instance) {
  if (group_.target_group.empty()) return success();
  parts_.balancer.register_targets(group_.target_group, {instance});
  const auto deadline = parts_.world.clock.steady_now() + event_limit;
  while (true) {
    const auto target = target_of(instance);
    if (target && target->state == TargetState::healthy) return success();
    if (stop_wanted()) return std::nullopt;
    if (parts_.world.clock.steady_now() >= deadline) {
      const auto state =
          target ? std::string(name_of(target->state)) : std::string("not registered");
      return unknown_error(fmt::format(
          "The instance did not become healthy in target group {} within {} s: {} {} {}",
          group_.target_group, event_limit.count(), state, target ? target->reason : "",
          target ? target->description : ""));
    }
    parts_.world.clock.sleep_for(tick, stop_);
  }
}

// Deregisters the instance and waits until it is drained.
std::optional<Diagnostics> TargetWork::block_traffic(const std::string& instance) {
  if (group_.target_group.empty()) return success();
  parts_.balancer.deregister_targets(group_.target_group, {instance});
  const auto deadline = parts_.world.clock.steady_now() + event_limit;
  while (target_of(instance)) {
    if (stop_wanted()) return std::nullopt;
    if (parts_.world.clock.steady_now() >= deadline) {
      return unknown_error(
          fmt::format("The instance was not drained from target group {} within {} s",
                      group_.target_group, event_limit.count()));
    }
    parts_.world.clock.sleep_for(tick, stop_);
  }
  return success();
}

}  // namespace sandbox
