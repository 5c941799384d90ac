// SPDX-License-Identifier: Apache-2.0
#include "sandbox/model.hpp"

namespace sandbox {

bool is_active(DeploymentStatus status) {
  return status != DeploymentStatus::succeeded && status != DeploymentStatus::failed &&
         status != DeploymentStatus::stopped;
}

std::string_view name_of(DeploymentStatus status) {
  switch (status) {
    case DeploymentStatus::created: return "Created";
    case DeploymentStatus::queued: return "Queued";
    case DeploymentStatus::in_progress: return "InProgress";
    case DeploymentStatus::baking: return "Baking";
    case DeploymentStatus::succeeded: return "Succeeded";
    case DeploymentStatus::failed: return "Failed";
    case DeploymentStatus::stopped: return "Stopped";
    case DeploymentStatus::ready: return "Ready";
  }
  return "Failed";
}

std::string_view name_of(TargetStatus status) {
  switch (status) {
    case TargetStatus::pending: return "Pending";
    case TargetStatus::in_progress: return "InProgress";
    case TargetStatus::succeeded: return "Succeeded";
    case TargetStatus::failed: return "Failed";
    case TargetStatus::skipped: return "Skipped";
    case TargetStatus::unknown: return "Unknown";
    case TargetStatus::ready: return "Ready";
  }
  return "Unknown";
}

std::string_view name_of(Label label) { return label == Label::blue ? "Blue" : "Green"; }

std::string_view name_of(LifecycleState state) {
  switch (state) {
    case LifecycleState::pending: return "Pending";
    case LifecycleState::in_service: return "InService";
    case LifecycleState::terminating: return "Terminating";
    case LifecycleState::terminated: return "Terminated";
  }
  return "Terminated";
}

std::string_view name_of(TargetState state) {
  switch (state) {
    case TargetState::initial: return "initial";
    case TargetState::healthy: return "healthy";
    case TargetState::unhealthy: return "unhealthy";
    case TargetState::draining: return "draining";
    case TargetState::unused: return "unused";
  }
  return "unused";
}

}  // namespace sandbox
