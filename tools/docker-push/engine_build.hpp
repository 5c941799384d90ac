// SPDX-License-Identifier: Apache-2.0
//
// A Dockerfile whose RUN needs a container: built by the engine that is there, through its own
// program, and taken out of it as a tar, so that pushing stays ours.
#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "dockerfile/plan.hpp"

namespace docker_push {

enum class Engine { find_one, none, docker, podman, buildah };

// "auto", "none", "docker", "podman", "buildah"; throws usage for anything else.
Engine parse_engine(std::string_view text);

struct EngineBuild {
  std::filesystem::path file{};
  std::filesystem::path context{};
  std::string target{};
  std::map<std::string, std::string, std::less<>> build_args{};
  std::map<std::string, std::string> labels{};
};

// The program to build with. Throws environment naming the first instruction that needs one when
// `wanted` is none or nothing is installed.
std::filesystem::path find_builder(Engine wanted, const dockerfile::EngineNeed& need,
                                   const std::string& dockerfile);

// Values of build arguments reach the program by its environment where that is possible. The
// image's name in the engine is its own and is gone afterwards, however this ends; the engine's
// cache of steps stays. Throws refused with the engine's words.
void build_with_engine(const std::filesystem::path& program, const EngineBuild& build,
                       const std::filesystem::path& tar, std::stop_token stop);

}  // namespace docker_push
