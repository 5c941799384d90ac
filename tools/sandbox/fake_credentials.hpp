// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/server/credentials.hpp"

namespace sandbox {

// Fixed and fake: they open nothing but a sandbox on the loopback interface.
inline Credentials fake_credentials() {
  return {.access_key = "AKIASTAGECRAFTDEMO00",
          .secret_key = "sandbox/only/fake/secret/of/forty/letter"};
}

}  // namespace sandbox
