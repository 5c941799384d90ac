// SPDX-License-Identifier: Apache-2.0
//
// The part of ELBv2 that needs the account alone: everything but moving targets in and out.
#pragma once

#include <string>
#include <vector>

#include "sandbox/model.hpp"
#include "sandbox/server/query_request.hpp"

namespace sandbox::balancing {

QueryResult describe_load_balancers(World& world, const QueryRequest& request);
QueryResult describe_listeners(World& world, const QueryRequest& request);
QueryResult describe_target_groups(World& world, const QueryRequest& request);
QueryResult describe_target_group_attributes(World& world, const QueryRequest& request);
QueryResult describe_target_health(World& world, const QueryRequest& request);
QueryResult create_target_group(World& world, const QueryRequest& request);
QueryResult modify_target_group(World& world, const QueryRequest& request);
QueryResult modify_target_group_attributes(World& world, const QueryRequest& request);

// The group that the request's TargetGroupArn names, else TargetGroupNotFound. The mutex is held.
TargetGroup& require_target_group(Account& account, const QueryRequest& request);

}  // namespace sandbox::balancing
