// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/model.hpp"

namespace sandbox {

// One deployment in the account, written to by the engine: each change is one transition under the
// mutex, told in the event log. Thread-safe.
class DeploymentRecord {
 public:
  DeploymentRecord(World& world, std::string id) : world_(world), id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  Deployment snapshot() const;
  DeploymentGroup group() const;

  void set_status(DeploymentStatus status, std::string_view reason);
  void set_targets(std::vector<DeploymentTarget> targets);
  void set_target(const std::string& instance, TargetStatus status);
  void start_event(const std::string& instance, const std::string& event);
  void end_event(const std::string& instance, const std::string& event, TargetStatus status,
                 const std::optional<Diagnostics>& diagnostics);
  // What has not begun never will.
  void skip_open_events();
  void set_rerouted();
  void start_termination_wait();

  // Ends it as failed or stopped. With `rollback_to` the rollback deployment is created in the same
  // moment, since the group may have only one active deployment; both are linked. Returns its id.
  std::string end_badly(DeploymentStatus status, const ErrorInformation& error,
                        const std::optional<S3Location>& rollback_to, std::string_view message);

  // Ends it as succeeded and makes `auto_scaling_group` the group's environment.
  void succeed(const std::string& auto_scaling_group);

  // A remark about a behaviour that AWS does not document.
  void note(std::string_view text) const;

 private:
  Deployment& locked() const { return world_.account.deployments.at(id_); }
  DeploymentTarget* find(const std::string& instance) const;
  void set_status_locked(DeploymentStatus status, std::string_view reason);

  World& world_;
  std::string id_;
};

}  // namespace sandbox
