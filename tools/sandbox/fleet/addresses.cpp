// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/addresses.hpp"

#include <fmt/core.h>

#include <functional>

#include "base/error.hpp"

namespace sandbox {
namespace {

constexpr int first_network = 10;
constexpr int networks = 240;
constexpr int hosts = 250;

}  // namespace

Addresses::Addresses(std::string_view seed) : claim_(claim_network(seed, network_)) {}

Claim Addresses::claim_network(std::string_view seed, int& network) {
  const auto start = static_cast<int>(std::hash<std::string_view>{}(seed) % networks);
  for (int i = 0; i < networks; ++i) {
    network = first_network + (start + i) % networks;
    Claim claim(fmt::format("127.{}", network));
    if (claim.held()) return claim;
  }
  throw base::Error(base::Kind::environment,
                    "find loopback addresses for the instances: all are taken",
                    "stop other sandboxes with 'deploy-sandbox down --dir DIR'");
}

std::string Addresses::next() {
  const std::lock_guard lock(mutex_);
  const int number = last_++;
  return fmt::format("127.{}.{}.{}", network_, number / hosts, number % hosts + 1);
}

}  // namespace sandbox
