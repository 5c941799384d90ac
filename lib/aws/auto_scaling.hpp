// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.hpp"

namespace aws {

struct ScalingInstance {
  std::string id{};
  std::string zone{};
  std::string lifecycle_state{};  // "InService", "Pending:Wait", …
  std::string health_status{};    // Healthy, Unhealthy
};

struct AutoScalingGroup {
  std::string name{};
  int minimum = 0;
  int maximum = 0;
  int desired = 0;
  std::string health_check_type{};  // has "ELB" in it when a dead app gets its instance replaced
  std::vector<std::string> target_group_arns{};
  std::vector<ScalingInstance> instances{};
  std::vector<std::string> suspended_processes{};
  bool warm_pool = false;
};

// The EC2 Auto Scaling API; errors as in CodeDeploy.
class AutoScaling {
 public:
  explicit AutoScaling(Caller& caller) : caller_(&caller) {}

  // Groups that do not exist are left out: the API tells absence by an empty list. All groups of
  // the account when `names` is empty.
  std::vector<AutoScalingGroup> describe_groups(const std::vector<std::string>& names);

 private:
  Caller* caller_;
};

}  // namespace aws
