// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/deployment_record.hpp"

#include <algorithm>

#include "sandbox/identifiers.hpp"

namespace sandbox {

Deployment DeploymentRecord::snapshot() const {
  const std::lock_guard lock(world_.mutex);
  return locked();
}

DeploymentGroup DeploymentRecord::group() const {
  const std::lock_guard lock(world_.mutex);
  const auto& deployment = locked();
  return world_.account.applications.at(deployment.application).groups.at(deployment.group);
}

void DeploymentRecord::set_status_locked(DeploymentStatus status, std::string_view reason) {
  auto& deployment = locked();
  world_.events.write("deployment", {{"deployment", id_},
                                     {"from", name_of(deployment.status)},
                                     {"to", name_of(status)},
                                     {"reason", reason}});
  deployment.status = status;
  if (!deployment.started && status == DeploymentStatus::in_progress) {
    deployment.started = world_.clock.now();
  }
  if (!is_active(status)) deployment.completed = world_.clock.now();
}

void DeploymentRecord::set_status(DeploymentStatus status, std::string_view reason) {
  {
    const std::lock_guard lock(world_.mutex);
    set_status_locked(status, reason);
  }
  world_.changed.notify_all();
}

void DeploymentRecord::set_targets(std::vector<DeploymentTarget> targets) {
  {
    const std::lock_guard lock(world_.mutex);
    auto& deployment = locked();
    for (auto& target : targets) target.updated = world_.clock.now();
    deployment.targets = std::move(targets);
    deployment.provisioned = true;
  }
  world_.changed.notify_all();
}

DeploymentTarget* DeploymentRecord::find(const std::string& instance) const {
  auto& targets = locked().targets;
  const auto found =
      std::find_if(targets.begin(), targets.end(),
                   [&](const DeploymentTarget& target) { return target.instance == instance; });
  return found == targets.end() ? nullptr : &*found;
}

void DeploymentRecord::set_target(const std::string& instance, TargetStatus status) {
  {
    const std::lock_guard lock(world_.mutex);
    auto* target = find(instance);
    if (target == nullptr || target->status == status) return;
    world_.events.write("deployment_target", {{"deployment", id_},
                                              {"instance", instance},
                                              {"label", name_of(target->label)},
                                              {"from", name_of(target->status)},
                                              {"to", name_of(status)}});
    target->status = status;
    target->updated = world_.clock.now();
  }
  world_.changed.notify_all();
}

void DeploymentRecord::start_event(const std::string& instance, const std::string& event) {
  {
    const std::lock_guard lock(world_.mutex);
    auto* target = find(instance);
    if (target == nullptr) return;
    target->updated = world_.clock.now();
    for (auto& entry : target->events) {
      if (entry.name != event) continue;
      entry.status = TargetStatus::in_progress;
      entry.started = target->updated;
      world_.events.write("lifecycle_event", {{"deployment", id_},
                                              {"instance", instance},
                                              {"label", name_of(target->label)},
                                              {"event", event},
                                              {"from", "Pending"},
                                              {"to", "InProgress"}});
    }
  }
  world_.changed.notify_all();
}

void DeploymentRecord::end_event(const std::string& instance, const std::string& event,
                                 TargetStatus status,
                                 const std::optional<Diagnostics>& diagnostics) {
  {
    const std::lock_guard lock(world_.mutex);
    auto* target = find(instance);
    if (target == nullptr) return;
    target->updated = world_.clock.now();
    for (auto& entry : target->events) {
      if (entry.name != event) continue;
      world_.events.write(
          "lifecycle_event",
          {{"deployment", id_},
           {"instance", instance},
           {"label", name_of(target->label)},
           {"event", event},
           {"from", name_of(entry.status)},
           {"to", name_of(status)},
           {"error_code", diagnostics ? diagnostics->error_code : ""},
           {"reason", diagnostics && status == TargetStatus::failed ? diagnostics->message : ""}});
      entry.status = status;
      if (entry.started) entry.ended = target->updated;
      entry.diagnostics = diagnostics;
    }
  }
  world_.changed.notify_all();
}

void DeploymentRecord::skip_open_events() {
  {
    const std::lock_guard lock(world_.mutex);
    for (auto& target : locked().targets) {
      bool any = false;
      for (auto& event : target.events) {
        if (event.status != TargetStatus::pending) continue;
        event.status = TargetStatus::skipped;
        any = true;
      }
      const bool open =
          target.status != TargetStatus::failed && target.status != TargetStatus::succeeded;
      if (!any && !open) continue;
      if (open) target.status = TargetStatus::skipped;
      target.updated = world_.clock.now();
    }
  }
  world_.changed.notify_all();
}

void DeploymentRecord::set_rerouted() {
  const std::lock_guard lock(world_.mutex);
  locked().rerouted = true;
}

void DeploymentRecord::start_termination_wait() {
  {
    const std::lock_guard lock(world_.mutex);
    locked().termination_wait_started = true;
    world_.events.write("termination_wait", {{"deployment", id_}});
  }
  world_.changed.notify_all();
}

std::string DeploymentRecord::end_badly(DeploymentStatus status, const ErrorInformation& error,
                                        const std::optional<S3Location>& rollback_to,
                                        std::string_view message) {
  std::string rollback;
  {
    const std::lock_guard lock(world_.mutex);
    auto& deployment = locked();
    deployment.error = error;
    if (rollback_to) {
      rollback = new_deployment_id();
      Deployment next;
      next.id = rollback;
      next.application = deployment.application;
      next.group = deployment.group;
      next.config = deployment.config;
      next.description = "rollback of " + id_;
      next.revision = *rollback_to;
      next.previous_revision = deployment.previous_revision;
      next.creator = "codeDeployRollback";
      next.rollback =
          RollbackInfo{.rollback_deployment = {}, .triggering_deployment = id_, .message = {}};
      next.auto_rollback = deployment.auto_rollback;
      next.blue_green = deployment.blue_green;
      next.file_exists = deployment.file_exists;
      next.ignore_application_stop_failures = deployment.ignore_application_stop_failures;
      next.created = world_.clock.now();
      world_.account.deployments.emplace(rollback, std::move(next));
      world_.account.applications.at(deployment.application)
          .groups.at(deployment.group)
          .last_attempted = rollback;
    }
    if (rollback_to || !message.empty()) {
      deployment.rollback = RollbackInfo{.rollback_deployment = rollback,
                                         .triggering_deployment = {},
                                         .message = std::string(message)};
    }
    set_status_locked(status, error.code + ": " + error.message);
    if (rollback_to) {
      world_.events.write("rollback", {{"deployment", id_}, {"rollback_deployment", rollback}});
    }
  }
  world_.changed.notify_all();
  return rollback;
}

void DeploymentRecord::succeed(const std::string& auto_scaling_group) {
  {
    const std::lock_guard lock(world_.mutex);
    const auto& deployment = locked();
    auto& group =
        world_.account.applications.at(deployment.application).groups.at(deployment.group);
    group.auto_scaling_group = auto_scaling_group;
    group.last_successful = id_;
    group.target_revision = deployment.revision;
    set_status_locked(DeploymentStatus::succeeded, "");
  }
  world_.changed.notify_all();
}

void DeploymentRecord::note(std::string_view text) const {
  world_.events.write("note", {{"deployment", id_}, {"text", text}});
}

}  // namespace sandbox
