// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "oci/docker_config.hpp"

namespace docker_push {

struct PushRequest {
  std::string jar{};  // empty: the release record's
  std::string image{};
  std::string base{};  // empty: a Temurin JRE of the jar's Java version
  int port = 8080;
  std::string user{};  // empty: the base's
  std::vector<std::string> plain_http{};
  std::optional<oci::Credentials> credentials{};  // for the registry of `image` only
};

// The stage: jar → image → registry → record. Pushing the same jar again sends nothing.
cli::Result push(const PushRequest& request, const cli::Context& context);

}  // namespace docker_push
