// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sandbox {

// The one pair of credentials that the sandbox accepts; printed by `deploy-sandbox env`.
struct Credentials {
  std::string access_key;
  std::string secret_key;
};

}  // namespace sandbox
