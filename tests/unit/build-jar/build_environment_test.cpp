// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_environment.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("a build sees what it needs and none of the deploy credentials") {
  struct Case {
    const char* name;
    bool passes;
  };
  for (const auto& [name, passes] : {
           Case{"PATH", true},
           Case{"HOME", true},
           Case{"JAVA_HOME", true},
           Case{"LANG", true},
           Case{"LC_ALL", true},
           Case{"MAVEN_OPTS", true},
           Case{"MAVEN_ARGS", true},
           Case{"GRADLE_USER_HOME", true},
           Case{"https_proxy", true},
           Case{"BUILD_TAG", true},
           Case{"JENKINS_NODE_COOKIE", true},
           Case{"AWS_ACCESS_KEY_ID", false},
           Case{"AWS_SECRET_ACCESS_KEY", false},
           Case{"AWS_SESSION_TOKEN", false},
           Case{"AWS_PROFILE", false},
           Case{"REGISTRY_USERNAME", false},
           Case{"REGISTRY_PASSWORD", false},
           Case{"DOCKER_CONFIG", false},
           Case{"DOCKER_HOST", false},
           Case{"GITHUB_TOKEN", false},
           Case{"STAGECRAFT_IMAGE", false},
           Case{"SSH_AUTH_SOCK", false},
           Case{"LD_PRELOAD", false},
           Case{"MAVEN_REPO_PASSWORD", false},
           Case{"MAVEN_TOKEN", false},
           Case{"MVNW_PASSWORD", false},
           Case{"NEXUS_TOKEN", false},
       }) {
    CAPTURE(name);
    CHECK((build_jar::build_environment({{name, "x"}}, {}, 0).count(name) == 1) == passes);
  }
}

TEST_CASE("a variable asked for by name passes whatever it is called") {
  const build_jar::Variables ours{{"NEXUS_TOKEN", "t"}, {"AWS_PROFILE", "p"}};

  const auto theirs = build_jar::build_environment(ours, {"NEXUS_TOKEN", "NOT_SET"}, 0);

  CHECK(theirs.at("NEXUS_TOKEN") == "t");
  CHECK(theirs.count("AWS_PROFILE") == 0);
  CHECK(theirs.count("NOT_SET") == 0);
}

TEST_CASE("time zone and source date do not depend on the machine") {
  const auto theirs = build_jar::build_environment(
      {{"TZ", "Asia/Tokyo"}, {"SOURCE_DATE_EPOCH", "1"}}, {}, 1'750'000'000);

  CHECK(theirs.at("TZ") == "UTC");
  CHECK(theirs.at("SOURCE_DATE_EPOCH") == "1750000000");
}
