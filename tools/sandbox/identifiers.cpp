// SPDX-License-Identifier: Apache-2.0
#include "sandbox/identifiers.hpp"

#include <fmt/core.h>

#include <string_view>

#include "crypto/sha256.hpp"

namespace sandbox {

std::string new_deployment_id() {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string id = "d-";
  const auto random = crypto::random_hex(9 * 4);
  for (std::size_t i = 0; i < 9; ++i) {
    id += letters[std::stoull(random.substr(i * 8, 8), nullptr, 16) % letters.size()];
  }
  return id;
}

std::string new_instance_id() { return "i-" + crypto::random_hex(9).substr(0, 17); }

std::string new_uuid() {
  const auto hex = crypto::random_hex(16);
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                     hex.substr(17, 3), hex.substr(20));
}

}  // namespace sandbox
