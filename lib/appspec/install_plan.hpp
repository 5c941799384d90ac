// SPDX-License-Identifier: Apache-2.0
//
// What Install will put on the host: the targets of `files`, as the agent computes them before it
// copies anything.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "appspec/bundle_index.hpp"
#include "yaml/yaml.hpp"

namespace appspec {

struct InstallTarget {
  std::string source{};      // in the bundle
  const yaml::Node* rule{};  // the item of `files`
};

struct InstallClash {
  std::string target{};
  const yaml::Node* earlier{};
  const yaml::Node* later{};
};

struct InstallPlan {
  std::map<std::string, InstallTarget> copies{};  // by absolute target
  std::set<std::string> folders{};                // made by the agent below a destination
  std::set<std::string> destinations{};           // with the folders above them: may exist already
  std::vector<InstallClash> clashes{};            // the first of each pair of rules
  bool complete = true;                           // false when a rule could not be followed
};

InstallPlan install_plan(const yaml::Node& root, const BundleIndex& index);

// Ruby's File.expand_path of an absolute path: "/srv//app/../x/" is "/srv/x".
std::string expanded(std::string_view path);

}  // namespace appspec
