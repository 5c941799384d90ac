// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "dockerfile/plan.hpp"

namespace dockerfile {

struct Platform {
  std::string os = "linux";
  std::string architecture = "amd64";
  std::string variant{};
};

struct BuildInput {
  std::filesystem::path context{};
  std::filesystem::path dockerfile{};  // whose .dockerignore holds; empty: <context>/Dockerfile
  std::string target{};                // a stage's name or number; empty: the last one
  std::map<std::string, std::string, std::less<>> build_args{};
  Platform target_platform{};
  Platform build_platform{};
  std::filesystem::path scratch{};  // where archives of ADD are unpacked; empty: the system's
  std::chrono::sys_days today{};    // for bases past their end of life; 1970: not judged
  // The config of a base image; empty function: bases are taken to have an empty one, which is
  // enough to learn what needs an engine.
  std::function<Config(const std::string& image, const std::string& platform)> base_config{};
};

// Throws refused with "<name>:<line>: …" for what the engine would refuse too.
Plan evaluate(const Dockerfile& dockerfile, const BuildInput& input);

}  // namespace dockerfile
