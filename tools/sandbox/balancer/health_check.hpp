// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "sandbox/balancer/routing.hpp"

namespace sandbox {

struct HealthCheck {
  std::string address;
  int port = 0;
  std::string path;
  std::string matcher;
  // Wall time, whatever the sandbox's clock: it bounds the work of a real process.
  std::chrono::milliseconds timeout{5000};
};

// One GET on a fresh connection, redirects not followed. A stop ends it early.
CheckResult check_once(const HealthCheck& check, const std::stop_token& stop);

}  // namespace sandbox
