// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "appspec/appspec.hpp"
#include "sandbox/model.hpp"

namespace sandbox::agent {

struct Hook {
  std::string event;
  std::vector<appspec::Script> scripts{};
  std::filesystem::path deployment{};  // the folder whose archive holds the scripts
  std::filesystem::path working_folder{};
  std::map<std::string, std::string> environment{};
};

// Runs the scripts one after the other until one fails. Each is executed plainly (no shell, no
// arguments, own process group) and has one deadline for its end and for the end of its output; at
// the deadline its group gets SIGTERM and nothing more, as from the AWS agent. Time-outs are wall
// time: a script's work does not get faster with the sandbox's clock. A stop kills the group.
Diagnostics run_hook(const Hook& hook, std::stop_token stop);

}  // namespace sandbox::agent
