// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sandbox {

// A pair of keys. The sandbox has one, which `deploy-sandbox env` prints; it accepts that and what
// AssumeRole gives for it.
struct Credentials {
  std::string access_key;
  std::string secret_key;
};

}  // namespace sandbox
