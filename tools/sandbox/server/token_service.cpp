// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/token_service.hpp"

#include <fmt/core.h>

#include "sandbox/server/fault.hpp"

namespace sandbox {

QueryResult answer_token_service(const World& world, std::string_view action) {
  if (action != "GetCallerIdentity") {
    throw Fault(400, "InvalidAction",
                fmt::format("the sandbox has no Security Token Service action {}", action));
  }
  return std::vector{
      xml::leaf("Arn", fmt::format("arn:aws:iam::{}:user/stagecraft", world.account_id)),
      xml::leaf("UserId", "AIDASTAGECRAFTSANDBOX"), xml::leaf("Account", world.account_id)};
}

}  // namespace sandbox
