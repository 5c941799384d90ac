// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "appspec/appspec.hpp"

namespace sandbox::agent {

struct InstallPlan {
  const appspec::Spec& spec;
  std::filesystem::path archive;        // where the sources are
  std::filesystem::path instance_root;  // put before absolute destinations
  std::filesystem::path agent_folder;   // where relative destinations land
  appspec::FileExists file_exists = appspec::FileExists::disallow;
  std::vector<std::filesystem::path> previous;  // what the last Install made
};

// The reserved Install event: removes what the last one made, copies, then sets permissions.
// Returns what it made, folders included, for the next time. Throws refused with the agent's
// reason; the old files are gone by then.
std::vector<std::filesystem::path> install(const InstallPlan& plan);

// Where a destination or object of the appspec lies on this instance. ".." cannot leave its root.
std::filesystem::path place_on_instance(const InstallPlan& plan, const std::string& path);

}  // namespace sandbox::agent
