// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/balancer/balancer.hpp"
#include "sandbox/codedeploy/deployment_record.hpp"
#include "sandbox/fleet/fleet.hpp"
#include "sandbox/s3/store.hpp"

namespace sandbox {

// What the engine works with. All references outlive it.
struct EngineParts {
  World& world;
  const s3::Store& objects;
  Balancer& balancer;
  Fleet& fleet;
};

enum class TargetOutcome { succeeded, failed, stopped };

// Takes one target through a part of its lifecycle events: hooks by its agent, traffic events by
// the balancer. One object may serve several threads, each with another target.
class TargetWork {
 public:
  // `stop` is the end of the sandbox; StopDeployment is read from the record.
  TargetWork(EngineParts parts, DeploymentRecord& record, std::stop_token stop);

  // Until the first failure or stop; what is left of `events` then stays pending.
  TargetOutcome run(const std::string& instance, const std::vector<std::string>& events);

  bool stop_wanted() const;

 private:
  std::optional<Diagnostics> perform(const std::string& instance, const std::string& event);
  std::optional<Diagnostics> run_hook(const std::string& instance, const std::string& event);
  std::optional<Diagnostics> allow_traffic(const std::string& instance);
  std::optional<Diagnostics> block_traffic(const std::string& instance);
  std::optional<Target> target_of(const std::string& instance) const;

  EngineParts parts_;
  DeploymentRecord& record_;
  std::stop_token stop_;
  Deployment deployment_;
  DeploymentGroup group_;
};

}  // namespace sandbox
