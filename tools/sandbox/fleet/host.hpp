// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace sandbox {

// The machine that all instances share.
struct Host {
  std::string sandbox;             // labels its containers and marks its processes
  std::filesystem::path programs;  // the folder that comes first in a hook's PATH, with `docker`
  std::string docker;              // the real one; empty when there is none
  int app_port = 8080;
};

}  // namespace sandbox
