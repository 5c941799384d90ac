// SPDX-License-Identifier: Apache-2.0
//
// Credentials as Docker's tools keep them: the config document's "auths", or a program of the
// docker-credential-helpers protocol that it names for a registry or for all.
#pragma once

#include <functional>
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
  std::string registry_token{};  // a bearer token for the registry itself, instead of a password

  bool operator==(const Credentials&) const = default;
};

// Asked when a registry wants to know, from any thread; absent means anonymous.
using CredentialSource = std::function<std::optional<Credentials>()>;

// The first hit for `name`, a registry or registry/repository, in DOCKER_AUTH_CONFIG (a document),
// REGISTRY_AUTH_FILE, DOCKER_CONFIG/config.json or ~/.docker/config.json, containers/auth.json
// below XDG_RUNTIME_DIR and below XDG_CONFIG_HOME or ~/.config, and ~/.dockercfg. In each, the
// entry with the most specific key; a program named for the registry goes before entries, one for
// all after them. Absent when none has an entry. Throws environment when a document or a program is
// broken.
std::optional<Credentials> find_credentials(std::string_view name,
                                            const process::Environment& environment,
                                            std::stop_token stop);

}  // namespace oci
