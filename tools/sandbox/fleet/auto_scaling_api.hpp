// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sandbox/balancer/balancer.hpp"
#include "sandbox/fleet/fleet.hpp"
#include "sandbox/model.hpp"
#include "sandbox/server/background.hpp"
#include "sandbox/server/query_request.hpp"

namespace sandbox {

inline constexpr std::string_view auto_scaling_namespace =
    "http://autoscaling.amazonaws.com/doc/2011-01-01/";

struct AutoScaling {
  World& world;
  Fleet& fleet;
  Balancer& balancer;
  Background& background;
};

// Answers one Auto Scaling action ("SetDesiredCapacity"). Instances start and end after the answer,
// as on AWS. Throws Fault in AWS's words. Thread-safe.
QueryResult answer_auto_scaling(AutoScaling& scaling, std::string_view action,
                                const QueryRequest& request);

}  // namespace sandbox
