// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_tool.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "support/tools.hpp"

using build_jar::BuildTool;

namespace {

std::vector<std::string> arguments_of(const std::vector<std::string>& line) {
  return {line.begin() + 1, line.end()};
}

}  // namespace

TEST_CASE("the project's build file names the tool") {
  file::TempDir folder("build-tool");
  const auto project = folder.path();
  CHECK_THROWS_AS(build_jar::tool_of(project, {}), base::Error);
  support::write_file(project / "settings.gradle.kts", "");
  CHECK(build_jar::tool_of(project, {}) == BuildTool::gradle);
  CHECK_THROWS_AS(build_jar::tool_of(project, BuildTool::maven), base::Error);

  support::write_file(project / "pom.xml", "<project/>");
  CHECK_THROWS_WITH_AS(build_jar::tool_of(project, {}),
                       (project.string() + " has a pom.xml and a Gradle build file").c_str(),
                       base::Error);
  CHECK(build_jar::tool_of(project, BuildTool::maven) == BuildTool::maven);
  CHECK(build_jar::tool_of(project, BuildTool::gradle) == BuildTool::gradle);
}

TEST_CASE("Maven packages without colour, questions or an install") {
  file::TempDir folder("build-tool");
  support::write_file(folder.path() / "mvnw", "#!/bin/sh\n", 0755);
  build_jar::BuildRequest request{.project = folder.path()};

  auto line = build_jar::command_line(BuildTool::maven, request);
  CHECK(line.at(0) == (folder.path() / "mvnw").string());
  CHECK(arguments_of(line) == std::vector<std::string>{"-B", "-ntp", "-Dstyle.color=never",
                                                       "-Dsurefire.shutdown=kill", "package"});

  request.skip_tests = true;
  request.offline = true;
  request.arguments = {"-Pproduction"};
  line = build_jar::command_line(BuildTool::maven, request);
  CHECK(arguments_of(line) == std::vector<std::string>{"-B", "-ntp", "-Dstyle.color=never",
                                                       "-Dsurefire.shutdown=kill", "-o",
                                                       "-DskipTests", "package", "-Pproduction"});
}

TEST_CASE("Gradle runs the tests beside bootJar, without a daemon") {
  file::TempDir folder("build-tool");
  support::write_file(folder.path() / "gradlew", "#!/bin/sh\n", 0755);
  build_jar::BuildRequest request{.project = folder.path()};

  CHECK(arguments_of(build_jar::command_line(BuildTool::gradle, request)) ==
        std::vector<std::string>{"--console=plain", "--no-daemon", "-Dorg.gradle.welcome=never",
                                 "test", "bootJar"});

  request.skip_tests = true;
  request.offline = true;
  request.arguments = {"--info"};
  CHECK(arguments_of(build_jar::command_line(BuildTool::gradle, request)) ==
        std::vector<std::string>{"--console=plain", "--no-daemon", "-Dorg.gradle.welcome=never",
                                 "--offline", "bootJar", "--info"});
}

TEST_CASE("a wrapper above the project counts, as far as the work tree goes") {
  file::TempDir folder("build-tool");
  const auto project = folder.path() / "repo/services/shop";
  support::write_file(project / "pom.xml", "<project/>");
  support::write_file(folder.path() / "repo/gradlew", "#!/bin/sh\n", 0755);

  CHECK(build_jar::command_line(BuildTool::gradle,
                                {.project = project, .work_tree = folder.path() / "repo/"})
            .at(0) == (folder.path() / "repo/gradlew").string());
  support::write_file(folder.path() / "mvnw", "#!/bin/sh\n", 0755);
  const auto outside = (folder.path() / "mvnw").string();
  try {
    CHECK(build_jar::command_line(BuildTool::maven,
                                  {.project = project, .work_tree = folder.path() / "repo"})
              .at(0) != outside);
  } catch (const base::Error& error) {  // no Maven on this machine
    CHECK(error.kind() == base::Kind::environment);
  }
}
