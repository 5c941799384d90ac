// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_tool.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>

#include "base/error.hpp"
#include "build-jar/gradle.hpp"
#include "build-jar/maven.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"

namespace build_jar {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 1> maven_files{"pom.xml"};
constexpr std::array<const char*, 4> gradle_files{"settings.gradle", "settings.gradle.kts",
                                                  "build.gradle", "build.gradle.kts"};

template <typename Names>
bool has_any(const fs::path& folder, const Names& names) {
  std::error_code ignored;
  for (const auto* name : names) {
    if (fs::is_regular_file(folder / name, ignored)) return true;
  }
  return false;
}

struct Programs {
  const char* wrapper;
  const char* program;
  const char* package;
};

Programs programs_of(BuildTool tool) {
  return tool == BuildTool::maven ? Programs{"mvnw", "mvn", "maven"}
                                  : Programs{"gradlew", "gradle", "gradle"};
}

std::optional<fs::path> find_wrapper(const char* name, const BuildRequest& request) {
  auto folder = fs::weakly_canonical(request.project);
  while (true) {
    const auto wrapper = folder / name;
    std::error_code ignored;
    if (fs::is_regular_file(wrapper, ignored)) {
      if (::access(wrapper.c_str(), X_OK) == 0) return wrapper;
      logging::warning("{} is not executable and not used; git update-index --chmod=+x {}",
                       wrapper.string(), name);
    }
    if (request.work_tree.empty() || fs::equivalent(folder, request.work_tree, ignored) ||
        folder == folder.root_path()) {
      return std::nullopt;
    }
    folder = folder.parent_path();
  }
}

}  // namespace

std::string_view word(BuildTool tool) { return tool == BuildTool::maven ? "maven" : "gradle"; }

std::optional<BuildTool> find_build_tool(std::string_view word) {
  if (word == "maven") return BuildTool::maven;
  if (word == "gradle") return BuildTool::gradle;
  return std::nullopt;
}

BuildTool tool_of(const fs::path& project, std::optional<BuildTool> asked) {
  std::error_code ignored;
  if (!fs::is_directory(project, ignored)) {
    throw base::Error(base::Kind::usage, fmt::format("{} is no folder", project.string()),
                      "name the folder of pom.xml or build.gradle with --project");
  }
  const bool maven = has_any(project, maven_files);
  const bool gradle = has_any(project, gradle_files);
  if (asked && !(*asked == BuildTool::maven ? maven : gradle)) {
    throw base::Error(base::Kind::usage,
                      fmt::format("{} has no {} build file", project.string(), word(*asked)));
  }
  if (asked) return *asked;
  if (maven && gradle) {
    throw base::Error(base::Kind::usage,
                      fmt::format("{} has a pom.xml and a Gradle build file", project.string()),
                      "choose with --tool maven or --tool gradle");
  }
  if (!maven && !gradle) {
    throw base::Error(
        base::Kind::usage,
        fmt::format("{} has neither pom.xml nor a Gradle build file", project.string()),
        "name the folder that has one with --project");
  }
  return maven ? BuildTool::maven : BuildTool::gradle;
}

std::vector<std::string> command_line(BuildTool tool, const BuildRequest& request) {
  const auto programs = programs_of(tool);
  std::vector<std::string> line;
  if (const auto wrapper = find_wrapper(programs.wrapper, request)) {
    line.push_back(wrapper->string());
  } else if (const auto program = process::find_program(programs.program)) {
    line.push_back(program->string());
  } else {
    throw base::Error(
        base::Kind::environment,
        fmt::format("build {}: no {} and no {} in PATH", request.project.string(), programs.wrapper,
                    programs.program),
        fmt::format("add the wrapper to the project, or apt-get install {}", programs.package));
  }
  const auto arguments =
      tool == BuildTool::maven ? maven_arguments(request) : gradle_arguments(request);
  line.insert(line.end(), arguments.begin(), arguments.end());
  return line;
}

}  // namespace build_jar
