// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.hpp"

namespace aws {

// A state that the service adds later reads as `unknown`.
enum class TargetState {
  initial,
  healthy,
  unhealthy,
  unused,
  draining,
  unhealthy_draining,
  unavailable,
  unknown
};
std::string_view word(TargetState state);  // "healthy"

struct TargetHealth {
  std::string id{};
  int port = 0;
  TargetState state = TargetState::unknown;
  std::string reason{};       // "Target.ResponseCodeMismatch"; empty when healthy
  std::string description{};  // "Health checks failed with these codes: [503]"
};

struct HealthCheck {
  std::string protocol{};
  std::string port{};  // a number or "traffic-port"
  std::string path{};
  std::string matcher{};  // accepted status codes, "200" or "200-299"
  std::chrono::seconds interval{0};
  std::chrono::seconds timeout{0};
  int healthy_threshold = 0;
  int unhealthy_threshold = 0;
};

struct TargetGroup {
  std::string name{};
  std::string arn{};
  std::string protocol{};
  std::string target_type{};
  int port = 0;
  HealthCheck check{};
};

// The Elastic Load Balancing v2 API; errors as in CodeDeploy.
class LoadBalancing {
 public:
  explicit LoadBalancing(Caller& caller) : caller_(&caller) {}

  // Absent when there is no target group of that name.
  std::optional<TargetGroup> find_target_group(const std::string& name);

  // Health of these instances, in the service's order; of all registered ones when `ids` is empty.
  // An instance that is not registered comes back as `unused` with reason Target.NotRegistered.
  std::vector<TargetHealth> target_health(const std::string& target_group_arn,
                                          const std::vector<std::string>& ids = {});

  // "deregistration_delay.timeout_seconds" → "300" and the rest.
  std::map<std::string, std::string> target_group_attributes(const std::string& target_group_arn);

 private:
  Caller* caller_;
};

}  // namespace aws
