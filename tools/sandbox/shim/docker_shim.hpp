// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "sandbox/shim/docker_arguments.hpp"

namespace sandbox::shim {

// deploy-sandbox started under the name `docker`: true when argv[0] says so.
bool is_docker(const char* program);

// Runs the real docker with the rewritten arguments; the scope comes from the environment that the
// sandbox gives to hooks. Returns the exit code, unless it became docker.
int run_docker(int argc, char** argv);

// What a hook needs in its environment for the above: PATH with `programs` first.
std::map<std::string, std::string> hook_environment(const Scope& scope,
                                                    const std::filesystem::path& programs,
                                                    const std::string& real_docker);

}  // namespace sandbox::shim
