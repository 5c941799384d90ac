// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/model.hpp"
#include "sandbox/sandbox.hpp"

namespace sandbox {

// The account that a sandbox starts with: one application with a blue/green deployment group, a
// load balancer with a target group, and an empty Auto Scaling group. The waits are short by AWS's
// measure (interval 10 s, drain 30 s, 5 min to the termination), before the time scale.
void set_up_account(World& world, const UpOptions& options);

}  // namespace sandbox
