// SPDX-License-Identifier: Apache-2.0
#include "build-jar/maven.hpp"

namespace build_jar {

std::vector<std::string> maven_arguments(const BuildRequest& request) {
  // -ntp: one line per downloaded artifact would bury the rest. surefire.shutdown=kill: a forked
  // test JVM otherwise outlives a terminated build by up to a minute.
  std::vector<std::string> arguments{"-B", "-ntp", "-Dstyle.color=never",
                                     "-Dsurefire.shutdown=kill"};
  if (request.offline) arguments.emplace_back("-o");
  if (request.skip_tests) arguments.emplace_back("-DskipTests");
  // Never install, which would publish to the machine's repository, and never clean.
  arguments.emplace_back("package");
  arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
  return arguments;
}

}  // namespace build_jar
