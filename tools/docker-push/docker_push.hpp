// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "docker-push/base_images.hpp"
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
  bool verify_cache = false;              // make layers that are known, and compare
  RecipeOptions layers{};
  std::string base{};  // empty: a Temurin JRE of the jar's Java version
  LockUse lock = LockUse::follow;
  oci::Platform platform = oci::own_platform();
  int port = 8080;
  std::string user{};  // empty: the base's
  RegistrySettings registries{};
  std::filesystem::path digest_file{};    // gets the image's digest; empty: none
  std::filesystem::path metadata_file{};  // gets the result as JSON; empty: none
};

// The stage: jar or Dockerfile → image → registry → record. Pushing the same again sends nothing.
// An image that is saved instead is not recorded, since no instance could pull it.
cli::Result push(const PushRequest& request, const cli::Context& context);

}  // namespace docker_push
