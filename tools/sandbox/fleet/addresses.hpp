// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "sandbox/claim.hpp"

namespace sandbox {

// Loopback addresses 127.N.x.y for the instances of one sandbox. N is claimed for as long as this
// object lives, so that sandboxes side by side do not meet.
class Addresses {
 public:
  // `seed` decides where the search for a free N begins. Throws environment when all are taken.
  explicit Addresses(std::string_view seed);

  std::string next();  // never the same one twice

 private:
  static Claim claim_network(std::string_view seed, int& network);

  int network_ = 0;
  Claim claim_;
  std::mutex mutex_;
  int last_ = 0;
};

}  // namespace sandbox
