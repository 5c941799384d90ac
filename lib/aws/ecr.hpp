// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aws/caller.hpp"
#include "timing/clock.hpp"

namespace aws {

// A login to the account's container registry.
struct RegistryLogin {
  std::string registry;  // "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
  std::string username;
  std::string password;  // registered for masking
  std::optional<timing::SystemTime> expires{};
};

// The Elastic Container Registry, as far as a push needs its API.
class Ecr {
 public:
  explicit Ecr(Caller& caller) : caller_(&caller) {}

  // GetAuthorizationToken; good for twelve hours at most, and no longer than the keys it was got
  // with. What the service refuses throws error_of()'s kinds.
  RegistryLogin login();

 private:
  Caller* caller_;
};

}  // namespace aws
