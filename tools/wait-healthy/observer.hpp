// SPDX-License-Identifier: Apache-2.0
//
// Reads the services into observations.
//
// GetDeployment is asked in every round; instances and target health only when it changed, when a
// verdict is near, and else every third round: accounts have small quotas for these calls, and
// bursts of pollers have run into them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "aws/codedeploy.hpp"
#include "aws/load_balancing.hpp"
#include "timing/clock.hpp"
#include "wait-healthy/observation.hpp"
#include "wait-healthy/sampler.hpp"
#include "wait-healthy/verdict.hpp"

namespace wait_healthy {

struct Services {
  aws::CodeDeploy& codedeploy;
  aws::LoadBalancing& load_balancing;
  std::optional<Sampler> sampler{};  // absent: the version is not checked
};

class Observer {
 public:
  Observer(Services services, timing::Clock& clock, std::string deployment_id,
           Expectations expected)
      : services_(std::move(services)),
        clock_(&clock),
        id_(std::move(deployment_id)),
        expected_(expected) {}

  // One round. What could not be read for now (throttling, 5xx, no connection) stays as it was and
  // is told by problem(); what will not change by waiting (rights, credentials) is thrown.
  void look();

  const Observation& now() const { return now_; }
  bool has_seen() const { return seen_; }                  // the deployment was read at least once
  const std::string& problem() const { return problem_; }  // of the last round; empty: none

 private:
  bool tolerate(const std::function<void()>& read);
  void read_details(DeploymentSeen& seen);
  void read_health();
  void read_rollback();
  std::string find_rollback_id();
  void take_samples();

  Services services_;
  timing::Clock* clock_;
  std::string id_;
  Expectations expected_;

  Observation now_{};
  bool seen_ = false;
  unsigned rounds_ = 0;
  std::string problem_{};
  std::map<std::string, std::string> arns_{};  // by target group name
  std::string rollback_id_{};
  std::optional<timing::SteadyTime> ended_at_{};
  std::optional<timing::SteadyTime> stuck_since_{};
};

}  // namespace wait_healthy
