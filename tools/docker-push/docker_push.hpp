// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/run.hpp"
#include "docker-push/dockerfile_build.hpp"
#include "docker-push/input.hpp"
#include "docker-push/jar_recipes.hpp"
#include "docker-push/registries.hpp"

namespace docker_push {

struct PushRequest {
  std::string input{};  // as find_input() reads it
  DockerfilePlace place{};
  DockerfileRequest dockerfile{};  // without the files, which the input tells
  std::string save_to{};           // as parse_output() reads it; empty: the registry
  std::string image{};
  std::vector<std::string> tags{};        // beside the image's own
  std::vector<std::string> cache_from{};  // tags of the repository to learn layers from
  RecipeOptions layers{};
  std::string base{};  // empty: a Temurin JRE of the jar's Java version
  int port = 8080;
  std::string user{};  // empty: the base's
  RegistrySettings registries{};
};

// The stage: jar or Dockerfile → image → registry → record. Pushing the same again sends nothing.
// An image that is saved instead is not recorded, since no instance could pull it.
cli::Result push(const PushRequest& request, const cli::Context& context);

}  // namespace docker_push
