// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "oci/docker_config.hpp"

namespace oci {

// Asks docker-credential-`suffix` for `key` (protocol of docker/docker-credential-helpers). Absent
// when it has no entry, and with a warning when it is not installed: a public image needs none.
// Throws environment with its words when it fails otherwise.
std::optional<Credentials> ask_credential_program(const std::string& suffix, const std::string& key,
                                                  std::stop_token stop);

}  // namespace oci
