// SPDX-License-Identifier: Apache-2.0
#include "build-jar/gradle.hpp"

namespace build_jar {

std::vector<std::string> gradle_arguments(const BuildRequest& request) {
  // A daemon would outlive the build with this build's environment in its memory.
  std::vector<std::string> arguments{"--console=plain", "--no-daemon",
                                     "-Dorg.gradle.welcome=never"};
  if (request.offline) arguments.emplace_back("--offline");
  // bootJar does not depend on the tests.
  if (!request.skip_tests) arguments.emplace_back("test");
  arguments.emplace_back("bootJar");
  arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
  return arguments;
}

bool says_boot_jar_is_current(std::string_view line) {
  return line.starts_with("> Task ") && line.find(":bootJar ") != std::string_view::npos &&
         (line.ends_with(" UP-TO-DATE") || line.ends_with(" FROM-CACHE"));
}

}  // namespace build_jar
