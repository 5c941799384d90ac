// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sandbox/faults/fault_plan.hpp"
#include "sandbox/state_file.hpp"

namespace sandbox {

// The commands `fault add`, `list` and `clear` to the running sandbox. Throw usage for a rule that
// is none, unavailable when the sandbox does not answer.
std::uint64_t add_fault(const Endpoints& endpoints, const FaultRule& rule);
std::vector<FaultRule> list_faults(const Endpoints& endpoints);
void clear_faults(const Endpoints& endpoints);

}  // namespace sandbox
