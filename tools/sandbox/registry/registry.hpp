// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "process/child.hpp"

namespace sandbox {

// Debian's docker-registry (CNCF Distribution) as a child: plain HTTP on loopback, no credentials,
// deletes allowed, storage in the sandbox's folder.
class Registry {
 public:
  // Returns when GET /v2/ is answered. Port 0: a free one. Throws environment when the program is
  // missing, the port taken or no answer comes.
  Registry(std::filesystem::path folder, int port, const std::stop_token& stop);

  int port() const { return port_; }

 private:
  bool start(int port, const std::stop_token& stop);

  std::filesystem::path folder_;
  int port_ = 0;
  std::unique_ptr<process::Child> child_;
};

}  // namespace sandbox
