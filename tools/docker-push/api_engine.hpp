// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "container/engine.hpp"
#include "docker-push/engine.hpp"

namespace docker_push {

// By an engine's API. It builds with the classic builder, which gets our logins for private bases;
// what that one leaves to BuildKit is built by BuildKit, with public bases only.
std::unique_ptr<LocalEngine> api_engine(std::unique_ptr<container::Engine> engine);

}  // namespace docker_push
