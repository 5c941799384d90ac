// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "http/message.hpp"

namespace docker_push {

// A build's files as an engine's API takes them.
struct BuildContext {
  http::Body tar{};
  std::string dockerfile{};  // its path in there
};

// What .dockerignore leaves of the folder, in the order of paths and with fixed owners and times. A
// Dockerfile that lies elsewhere, or is ignored itself, goes along under a name that COPY does not
// see. Takes room in `scratch` until the body is gone.
BuildContext pack_context(const std::filesystem::path& dockerfile,
                          const std::filesystem::path& folder,
                          const std::filesystem::path& scratch);

}  // namespace docker_push
