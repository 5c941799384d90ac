// SPDX-License-Identifier: Apache-2.0
//
// Credentials as Docker's tools keep them: the config document's "auths", or a program of the
// docker-credential-helpers protocol that it names for a registry or for all.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "process/environment.hpp"

namespace oci {

struct Credentials {
  std::string username{};
  std::string password{};
  std::string identity_token{};  // of an OAuth2 login, instead of a password
  std::string source{};          // for messages: "REGISTRY_USERNAME", "/root/.docker/config.json"
};

// The first hit for this registry in DOCKER_AUTH_CONFIG (a document), REGISTRY_AUTH_FILE,
// DOCKER_CONFIG/config.json or ~/.docker/config.json, XDG_RUNTIME_DIR/containers/auth.json. Absent
// when none has an entry. Throws environment when a document or a credential program is broken.
std::optional<Credentials> find_credentials(std::string_view registry,
                                            const process::Environment& environment,
                                            std::stop_token stop);

}  // namespace oci
