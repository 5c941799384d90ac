// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "oci/docker_config.hpp"
#include "timing/clock.hpp"

namespace docker_push {

// A login to an account's Amazon registry with the AWS keys of the environment or its profile; no
// program has to be installed for it. Absent for every other registry. Throws environment when
// there are no keys, or they may not (ecr:GetAuthorizationToken).
std::optional<oci::Credentials> ecr_credentials(const std::string& registry, timing::Clock& clock,
                                                std::stop_token stop);

}  // namespace docker_push
