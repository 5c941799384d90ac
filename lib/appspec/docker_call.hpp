// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appspec/shell_scan.hpp"

namespace appspec {

// A command of a script that is docker's, podman's or nerdctl's.
struct DockerCall {
  std::string verb{};  // "pull", "run"; "image rm" is "rmi", "container rm" is "rm"
  bool with_sudo = false;
  std::vector<ShellWord> arguments{};  // after the verb, options included
  std::vector<ShellWord> images{};     // of pull, run and create: what is fetched or started
};

// Behind sudo, exec, env, timeout and the like too.
std::optional<DockerCall> find_docker_call(const ShellCommand& command);

}  // namespace appspec
