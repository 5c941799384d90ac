// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbox/faults/fault_plan.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox {

// The header that carries the control token of <dir>/state.json.
inline constexpr std::string_view control_header = "x-sandbox-token";

// POST adds the rule in the body and answers {"id":…}, GET lists the rules under way, DELETE clears
// them. 400 {"message":…} for a rule that is none.
Answer answer_faults(FaultPlan& faults, std::string_view method, const std::string& body);

}  // namespace sandbox
