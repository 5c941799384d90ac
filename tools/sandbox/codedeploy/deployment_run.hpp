// SPDX-License-Identifier: Apache-2.0
//
// One blue/green deployment from its creation to its end.
//
//   provision → install → ready → reroute → block → terminate → Succeeded
//
// Before reroute only blue has traffic, between reroute and the end of block both fleets may have,
// then only green. A failure or a stop ends the walk; a rollback is another deployment. Where AWS
// documents nothing the choice is made here and told by a "note" in the event log:
//   - the copied Auto Scaling group gets its target group at reroute;
//   - a rollback before reroute touches no instance of blue and runs no hook;
//   - after a failure or stop without rollback green leaves the load balancer when blue still has
//     its traffic, and becomes the group's environment when blue was blocked already;
//   - a stop that comes while blue is being terminated is too late.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/codedeploy/deployment_record.hpp"
#include "sandbox/codedeploy/lifecycle.hpp"
#include "sandbox/codedeploy/target_work.hpp"

namespace sandbox {

// What becomes of a fleet that a failed or stopped deployment leaves over; AWS lets it run.
enum class Leftovers { keep, remove };

class DeploymentRun {
 public:
  DeploymentRun(EngineParts parts, std::string id, Leftovers leftovers, std::stop_token stop);

  // Walks to the end. Returns early, the deployment still active, when the sandbox stops.
  void run();

 private:
  enum class Step { done, failed, stopped };

  Step provision();
  Step install();
  Step wait_until_ready();
  Step reroute();
  Step block();
  Step wait_for_termination();
  void finish();
  void conclude(Step step);
  void give_up_green();

  void roll_back();
  bool originals_are_alive(const Deployment& triggering) const;
  void roll_back_traffic(const Deployment& triggering);

  Step fail(std::string code, std::string message);
  std::optional<HealthRule> rule_for_green() const;
  // The targets' outcomes, worked on by `concurrency` threads; no new one begins after `enough`.
  std::vector<TargetOutcome> work_on(const std::vector<std::string>& instances,
                                     const std::vector<std::string>& events, int concurrency,
                                     const std::function<bool(int failed, int waiting)>& enough);
  // False when the predicate was still false at the deadline or at a stop.
  bool wait_for(std::chrono::milliseconds limit,
                const std::function<bool(const Deployment&)>& done);
  bool stopping() const { return stop_.stop_requested(); }

  EngineParts parts_;
  DeploymentRecord record_;
  Leftovers leftovers_;
  std::stop_token stop_;

  std::string blue_group_;  // Auto Scaling groups
  std::string green_group_;
  std::vector<std::string> blue_;
  std::vector<std::string> green_;  // those that have not failed
  bool block_began_ = false;
  ErrorInformation error_;
};

// The Auto Scaling group that COPY_AUTO_SCALING_GROUP makes.
std::string copied_group_name(const std::string& deployment_group, const std::string& deployment);

}  // namespace sandbox
