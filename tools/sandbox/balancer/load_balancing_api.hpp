// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sandbox/balancer/balancer.hpp"
#include "sandbox/model.hpp"
#include "sandbox/server/query_request.hpp"

namespace sandbox {

inline constexpr std::string_view load_balancing_namespace =
    "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

// Answers one ELBv2 action ("DescribeTargetHealth"). Throws Fault in AWS's words. Thread-safe.
QueryResult answer_load_balancing(World& world, Balancer& balancer, std::string_view action,
                                  const QueryRequest& request);

}  // namespace sandbox
