// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

// stagecraft.yaml: keys at the top are for every tool that has such an option, a map named after a
// tool is for that tool alone and wins.
//   app: shop
//   docker-push:
//     base: eclipse-temurin:17-jre
struct ConfigFile {
  std::string name{};  // as it was given; empty when there is none
  // Values for one tool; a list has several.
  std::map<std::string, std::vector<std::string>, std::less<>> values{};
  std::set<std::string, std::less<>> own_keys{};  // those in the tool's own section
};

// Throws integrity for bad YAML, usage when `required` and absent.
ConfigFile read_config_file(const std::filesystem::path& path, std::string_view tool, bool required);

}  // namespace cli
