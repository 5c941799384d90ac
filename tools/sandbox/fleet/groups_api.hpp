// SPDX-License-Identifier: Apache-2.0
//
// The part of Auto Scaling that needs the account alone: everything but starting and ending
// instances.
#pragma once

#include <string>

#include "sandbox/model.hpp"
#include "sandbox/server/query_request.hpp"

namespace sandbox::scaling {

QueryResult describe_groups(World& world, const QueryRequest& request);
QueryResult describe_instances(World& world, const QueryRequest& request);
QueryResult describe_lifecycle_hooks(World& world, const QueryRequest& request);
QueryResult describe_activities(World& world, const QueryRequest& request);
QueryResult complete_lifecycle_action(World& world, const QueryRequest& request);

// Both with the mutex held; else ValidationError.
AutoScalingGroup& require_group(Account& account, const QueryRequest& request);
Instance& require_instance(Account& account, const QueryRequest& request);

// Pending, InService or Terminating: what the group still counts.
bool is_live(const Instance& instance);

// One activity, the shape that TerminateInstanceInAutoScalingGroup answers too.
struct Activity {
  std::string id;
  std::string group;
  std::string description;
  std::string status;  // Successful | InProgress
  SystemTime started{};
};
std::vector<xml::Element> elements_of(const Activity& activity);

}  // namespace sandbox::scaling
