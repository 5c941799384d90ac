// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <thread>

#include "sandbox/codedeploy/deployment_run.hpp"

namespace sandbox {

// Moves on every deployment that the account holds: an API call creates it (status Created), the
// engine does the rest in a thread of its own. What StopDeployment, ContinueDeployment and
// SkipWaitTimeForInstanceTermination ask for is read from the deployment.
class DeploymentEngine {
 public:
  DeploymentEngine(EngineParts parts, Leftovers leftovers);

  // Ends running hooks and leaves their deployments where they are.
  ~DeploymentEngine();

 private:
  void dispatch(const std::stop_token& stop);

  EngineParts parts_;
  Leftovers leftovers_;
  std::map<std::string, std::jthread> runs_;  // by deployment; the dispatcher's own
  std::jthread dispatcher_;
};

}  // namespace sandbox
