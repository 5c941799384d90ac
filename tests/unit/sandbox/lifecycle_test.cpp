// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/lifecycle.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "sandbox/codedeploy/deployment_config.hpp"

using sandbox::DeploymentStatus;
using sandbox::HealthRule;

namespace {

std::optional<HealthRule> rule(const std::string& config, int total) {
  return sandbox::health_rule(
      sandbox::find_deployment_config(sandbox::Account{}, "CodeDeployDefault." + config).value(),
      total);
}

sandbox::DeploymentConfig own(const std::string& type, int value) {
  sandbox::DeploymentConfig config;
  config.name = "own";
  config.type = type;
  config.value = value;
  return config;
}

sandbox::Deployment with_rollback_on(const std::set<std::string>& events) {
  sandbox::Deployment deployment;
  deployment.auto_rollback = {.enabled = true, .events = events};
  return deployment;
}

}  // namespace

TEST_CASE("the configuration decides how many targets are worked on and how many may fail") {
  CHECK(rule("AllAtOnce", 4) == HealthRule{.concurrency = 4, .failures_allowed = 3});
  CHECK(rule("HalfAtATime", 4) == HealthRule{.concurrency = 2, .failures_allowed = 2});
  CHECK(rule("HalfAtATime", 5) == HealthRule{.concurrency = 2, .failures_allowed = 2});
  CHECK(rule("OneAtATime", 3) ==
        HealthRule{.concurrency = 1, .failures_allowed = 0, .last_may_fail = true});
  CHECK(sandbox::health_rule(own("HOST_COUNT", 3), 5) ==
        HealthRule{.concurrency = 2, .failures_allowed = 2});
  CHECK(sandbox::health_rule(own("FLEET_PERCENT", 75), 4) ==
        HealthRule{.concurrency = 1, .failures_allowed = 1});
}

TEST_CASE("a minimum that no fleet of that size can keep is found before the start") {
  CHECK_FALSE(rule("HalfAtATime", 1));
  CHECK_FALSE(sandbox::health_rule(own("HOST_COUNT", 2), 2));
  CHECK(rule("OneAtATime", 1));
}

TEST_CASE("AllAtOnce needs one success") {
  CHECK_FALSE(sandbox::is_violated(*rule("AllAtOnce", 2), 1, 0));
  CHECK(sandbox::is_violated(*rule("AllAtOnce", 2), 2, 0));
  CHECK(sandbox::is_violated(*rule("AllAtOnce", 1), 1, 0));
}

TEST_CASE(
    "under OneAtATime the first failure ends it, but the last of several instances may fail") {
  const auto three = *rule("OneAtATime", 3);
  CHECK(sandbox::is_violated(three, 1, 2));
  CHECK_FALSE(sandbox::is_violated(three, 1, 0));
  CHECK(sandbox::is_violated(*rule("OneAtATime", 1), 1, 0));
}

TEST_CASE("a rollback follows only what the group or the stop asks for") {
  auto deployment = with_rollback_on({"DEPLOYMENT_FAILURE"});
  CHECK(sandbox::wants_rollback(deployment, DeploymentStatus::failed));
  CHECK_FALSE(sandbox::wants_rollback(deployment, DeploymentStatus::stopped));
  deployment.stop_with_rollback = true;
  CHECK(sandbox::wants_rollback(deployment, DeploymentStatus::stopped));

  deployment = with_rollback_on({"DEPLOYMENT_STOP_ON_REQUEST"});
  CHECK(sandbox::wants_rollback(deployment, DeploymentStatus::stopped));
  CHECK_FALSE(sandbox::wants_rollback(deployment, DeploymentStatus::failed));
  deployment.stop_with_rollback = false;
  CHECK_FALSE(sandbox::wants_rollback(deployment, DeploymentStatus::stopped));
}

TEST_CASE("a rollback that fails is not rolled back") {
  auto deployment = with_rollback_on({"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"});
  deployment.creator = "codeDeployRollback";
  CHECK_FALSE(sandbox::wants_rollback(deployment, DeploymentStatus::failed));
  CHECK_FALSE(sandbox::wants_rollback(deployment, DeploymentStatus::stopped));
}

TEST_CASE("a green target installs before it takes traffic") {
  const std::vector<std::string> wanted{
      "ApplicationStop", "DownloadBundle",   "BeforeInstall",   "Install",
      "AfterInstall",    "ApplicationStart", "ValidateService", "BeforeAllowTraffic",
      "AllowTraffic",    "AfterAllowTraffic"};
  CHECK(sandbox::green_events() == wanted);
}
