// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace build_jar {

enum class BuildTool { maven, gradle };
std::string_view word(BuildTool tool);  // "maven"
std::optional<BuildTool> find_build_tool(std::string_view word);

struct BuildRequest {
  std::filesystem::path project{};    // folder of the pom.xml or build.gradle
  std::filesystem::path work_tree{};  // wrappers are looked for up to here
  bool skip_tests = false;
  bool offline = false;
  std::vector<std::string> arguments{};  // the user's own, last
};

// What the project is built with: its one build file says. Throws usage when there is none, or when
// there are both and `asked` names neither.
BuildTool tool_of(const std::filesystem::path& project, std::optional<BuildTool> asked);

// The whole command line. The project's wrapper comes first, also one in a folder above it; else
// the program in PATH; throws environment, naming the package, when there is neither.
std::vector<std::string> command_line(BuildTool tool, const BuildRequest& request);

}  // namespace build_jar
