// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "file/unique_fd.hpp"

namespace sandbox {

struct Listener {
  file::UniqueFd fd;
  int port = 0;
};

// A listening socket on 127.0.0.1:port (0: the kernel picks). Throws environment, naming `what`,
// when the port is taken.
Listener listen_on_loopback(int port, const std::string& what);

}  // namespace sandbox
