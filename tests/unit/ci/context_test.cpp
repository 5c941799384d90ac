// SPDX-License-Identifier: Apache-2.0
#include "ci/context.hpp"

#include <doctest/doctest.h>

#include "process/environment.hpp"

TEST_CASE("a Jenkins build tells who it is") {
  const auto context = ci::context(process::environment_of({
      {"JENKINS_URL", "https://ci.example/"},
      {"BUILD_TAG", "jenkins-shop-main-42"},
      {"BUILD_NUMBER", "42"},
      {"BUILD_URL", "https://ci.example/job/shop/42/"},
      {"GIT_COMMIT", "0123456789abcdef0123456789abcdef01234567"},
      {"BRANCH_NAME", "PR-7"},
      {"GIT_BRANCH", "origin/main"},
      {"CHANGE_ID", "7"},
  }));

  CHECK(context.jenkins);
  CHECK(context.build_tag == "jenkins-shop-main-42");
  CHECK(context.build_number == "42");
  CHECK(context.build_url == "https://ci.example/job/shop/42/");
  CHECK(context.commit == "0123456789abcdef0123456789abcdef01234567");
  CHECK(context.branch == "PR-7");
  CHECK(context.change == "7");
  CHECK(context.correlation() == "https://ci.example/job/shop/42/");
}

TEST_CASE("a controller without its address entered is Jenkins all the same") {
  const auto context = ci::context(process::environment_of(
      {{"JENKINS_HOME", "/var/jenkins_home"}, {"BUILD_TAG", "jenkins-shop-42"}}));
  CHECK(context.jenkins);
  CHECK(context.correlation() == "jenkins-shop-42");
}

TEST_CASE("a job that is not multibranch has its branch from Git") {
  CHECK(ci::context(process::environment_of({{"GIT_BRANCH", "origin/main"}})).branch ==
        "origin/main");
}

TEST_CASE("on a laptop nothing is known") {
  for (const auto& environment :
       {process::environment_of({}),
        process::environment_of({{"JENKINS_HOME", "/home/me/.jenkins"}})}) {
    const auto context = ci::context(environment);
    CHECK_FALSE(context.jenkins);
    CHECK(context.branch.empty());
    CHECK(context.correlation().empty());
  }
}
