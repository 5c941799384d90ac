// SPDX-License-Identifier: Apache-2.0
//
// A Dockerfile that copies a boot jar and starts it, made an image in layers: in place of the file
// goes the layout `tools` (springboot/tools_layout.hpp) of the same jar. The application's own jar
// has the file's name, so the command line stays, and the libraries are beside it, in the layers
// and under the keys that the jar itself would have as input.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "docker-push/dockerfile_stages.hpp"
#include "dockerfile/plan.hpp"

namespace docker_push {

struct LayeredJar {
  std::string dockerfile{};  // its name, for messages
  int buckets = 6;           // layers that the libraries are spread over
  std::filesystem::path scratch{};
  std::stop_token stop{};
};

// The jar that ENTRYPOINT and CMD start, as an absolute path; absent when they start none.
std::optional<std::string> started_jar(const dockerfile::Config& config);

// Puts steps with the layers in place of the one that the jar is of. Throws usage when `config`
// starts no jar, when no step brings it, or when it is no boot jar that can be laid out so.
void layer_jar(BuiltStage& stage, const dockerfile::Config& config, const LayeredJar& options);

}  // namespace docker_push
