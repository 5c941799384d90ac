// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-push/docker_push.hpp"
#include "docker-push/input.hpp"

namespace docker_push {

// Throws usage for an option that would do nothing with this kind of input, naming what would.
void refuse_idle_options(const PushRequest& request, const Input& input);

}  // namespace docker_push
