// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "sandbox/faults/fault_plan.hpp"
#include "sandbox/server/http_message.hpp"
#include "sandbox/server/signature_fault.hpp"

namespace sandbox {

// A request as a rule sees it, and how its service writes an error.
struct FaultTarget {
  Protocol protocol = Protocol::s3;
  std::string_view resource{};
  std::string_view request_id{};
};

// What the client gets when `rule` befalls a request whose work is `work`; a delay is the caller's.
Answer answer_under(const FaultRule& rule, const FaultTarget& target,
                    const std::function<Answer()>& work);

}  // namespace sandbox
