// SPDX-License-Identifier: Apache-2.0
//
// A rollback deployment. As long as the original fleet lives only traffic moves: the original runs
// the allow events, the replacement the block events. Once it is gone the last good revision is
// deployed to a new fleet like any other.
#include <algorithm>
#include <mutex>

#include "sandbox/codedeploy/deployment_run.hpp"

namespace sandbox {

void DeploymentRun::roll_back() {
  Deployment triggering;
  {
    const auto info = record_.snapshot().rollback;
    const std::lock_guard lock(parts_.world.mutex);
    triggering = parts_.world.account.deployments.at(info.value().triggering_deployment);
  }
  if (originals_are_alive(triggering)) return roll_back_traffic(triggering);
  record_.note("the original fleet is gone: the previous revision is deployed to a new one");
  for (const auto step :
       {&DeploymentRun::provision, &DeploymentRun::install, &DeploymentRun::reroute,
        &DeploymentRun::block, &DeploymentRun::wait_for_termination}) {
    const auto result = (this->*step)();
    if (stopping()) return;
    if (result != Step::done) return conclude(result);
  }
  finish();
}

bool DeploymentRun::originals_are_alive(const Deployment& triggering) const {
  const std::lock_guard lock(parts_.world.mutex);
  bool any = false;
  for (const auto& target : triggering.targets) {
    if (target.label != Label::blue) continue;
    any = true;
    const auto found = parts_.world.account.instances.find(target.instance);
    if (found == parts_.world.account.instances.end() ||
        found->second.state != LifecycleState::in_service) {
      return false;
    }
  }
  return any;
}

void DeploymentRun::roll_back_traffic(const Deployment& triggering) {
  blue_group_ = record_.group().auto_scaling_group;
  green_group_ = copied_group_name(triggering.group, triggering.id);
  std::vector<DeploymentTarget> targets;
  for (const auto& target : triggering.targets) {
    const bool original = target.label == Label::blue;
    (original ? blue_ : green_).push_back(target.instance);
    targets.push_back(
        new_target(target.instance, target.label, original ? allow_events() : block_events()));
  }
  record_.set_targets(std::move(targets));

  if (triggering.rerouted) {
    const auto allowed = work_on(blue_, allow_events(), static_cast<int>(blue_.size()),
                                 [](int, int) { return false; });
    if (stopping()) return;
    if (std::count(allowed.begin(), allowed.end(), TargetOutcome::succeeded) == 0) {
      const bool stopped = record_.snapshot().stop_requested;
      return conclude(
          stopped ? Step::stopped
                  : fail("HEALTH_CONSTRAINTS", "the original fleet did not get its traffic back"));
    }
    // A broken replacement may fail its own scripts; it has to leave the load balancer all the
    // same.
    work_on(green_, block_events(), static_cast<int>(green_.size()),
            [](int, int) { return false; });
    if (stopping()) return;
    parts_.balancer.deregister_targets(record_.group().target_group, green_);
  } else {
    record_.note(
        "the original fleet never lost its traffic: nothing was moved and no hook was run");
    for (const auto& [instances, event] :
         {std::pair{&blue_, "AllowTraffic"}, {&green_, "BlockTraffic"}}) {
      for (const auto& id : *instances) {
        record_.start_event(id, event);
        record_.end_event(id, event, TargetStatus::succeeded,
                          Diagnostics{.error_code = "Success",
                                      .script_name = {},
                                      .message = "Succeeded",
                                      .log_tail = {}});
      }
    }
  }
  for (const auto* instances : {&blue_, &green_}) {
    for (const auto& id : *instances) record_.set_target(id, TargetStatus::succeeded);
  }
  record_.skip_open_events();
  if (leftovers_ == Leftovers::remove) {
    parts_.fleet.remove_group(green_group_);
    if (stopping()) return;
  } else {
    record_.note("the replacement fleet is left running");
  }
  record_.succeed(blue_group_);
}

}  // namespace sandbox
