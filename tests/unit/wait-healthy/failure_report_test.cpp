// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/failure_report.hpp"

#include <doctest/doctest.h>

#include "sample_observations.hpp"

using Lines = std::vector<std::string>;

namespace {

aws::DeploymentTarget failed_at(const char* id, const char* event, aws::Diagnostics diagnostics) {
  auto target = green(id, Progress::failed);
  target.events = {
      {.name = "ApplicationStop", .status = Progress::succeeded},
      {.name = event, .status = Progress::failed, .diagnostics = std::move(diagnostics)},
      {.name = "AllowTraffic", .status = Progress::skipped}};
  return target;
}

Observation failed_with(std::vector<aws::DeploymentTarget> targets) {
  auto now = seen(DeploymentStatus::failed);
  now.health.clear();
  now.watched.deployment.error_code = "HEALTH_CONSTRAINTS";
  now.watched.deployment.error_message = "Too many instances failed.";
  now.watched.targets = std::move(targets);
  return now;
}

}  // namespace

TEST_CASE("a failure is told by instance, event, script, message and last lines") {
  const auto now =
      failed_with({failed_at("i-0aaa", "ValidateService",
                             {.error_code = "ScriptFailed",
                              .script = "scripts/validate.sh",
                              .message = "Script failed with exit code 1.",
                              .log_tail = "LifecycleEvent - ValidateService\n[stderr]503\n\n"})});

  CHECK(wait_healthy::failure_report(now) ==
        Lines{"d-1 Failed: HEALTH_CONSTRAINTS: Too many instances failed",
              "i-0aaa ValidateService scripts/validate.sh: ScriptFailed: Script failed with exit "
              "code 1",
              "    | LifecycleEvent - ValidateService", "    | [stderr]503"});
  CHECK(wait_healthy::first_failure(now.watched) ==
        "i-0aaa ValidateService scripts/validate.sh: ScriptFailed: Script failed with exit code 1");
}

TEST_CASE("unhealthy targets and the rollback's own failure are part of the report") {
  auto now = failed_with({green("i-0aaa")});
  now.health = {health("i-0aaa", TargetState::unhealthy, "Target.Timeout", "Request timed out"),
                health("i-0bbb", TargetState::healthy),
                health("i-0ccc", TargetState::unused, "Target.NotRegistered")};
  now.rollback.emplace();
  now.rollback->deployment = {
      .id = "d-2", .status = DeploymentStatus::failed, .error_code = "AGENT_ISSUE"};
  now.rollback->targets = {failed_at("i-0ddd", "DownloadBundle", {.error_code = "UnknownError"})};

  CHECK(wait_healthy::failure_report(now) ==
        Lines{"d-1 Failed: HEALTH_CONSTRAINTS: Too many instances failed",
              "i-0aaa in web: unhealthy Target.Timeout: Request timed out",
              "rollback d-2 Failed: AGENT_ISSUE", "i-0ddd DownloadBundle: UnknownError"});
  CHECK(wait_healthy::first_failure(now.watched).empty());
}

TEST_CASE("an instance whose agent never spoke is named") {
  auto silent = green("i-0aaa", Progress::failed);
  silent.events = {{.name = "ApplicationStop", .status = Progress::skipped}};
  const auto now = failed_with({silent});

  CHECK(wait_healthy::failure_report(now).at(1) ==
        "i-0aaa failed before any lifecycle event began");
  CHECK(wait_healthy::hint_for(now.watched) ==
        "check that the CodeDeploy agent runs on the instance and reaches the service");
}

TEST_CASE("the hint depends on event and code") {
  struct Case {
    const char* event;
    const char* code;
    const char* begins;
  };
  for (const auto& [event, code, begins] : {
           Case{"DownloadBundle", "UnknownError", "check that the instance may read the bundle"},
           Case{"AllowTraffic", "", "check the target group's health check"},
           Case{"ApplicationStart", "ScriptMissing", "the bundle has no such script"},
           Case{"ApplicationStart", "ScriptTimedOut", "raise the script's timeout"},
           Case{"ValidateService", "ScriptFailed", "the new version did not come up"},
           Case{"ApplicationStart", "ScriptFailed", "the script's last lines"},
           Case{"Install", "UnknownError", ""},
       }) {
    CAPTURE(event);
    const auto now = failed_with({failed_at("i-0aaa", event, {.error_code = code})});
    const auto hint = wait_healthy::hint_for(now.watched);
    CHECK(hint.starts_with(begins));
    CHECK(hint.empty() == std::string(begins).empty());
  }
}
