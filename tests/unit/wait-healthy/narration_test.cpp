// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/narration.hpp"

#include <doctest/doctest.h>

#include "sample_observations.hpp"

using namespace std::chrono_literals;
using wait_healthy::changes;
using Lines = std::vector<std::string>;

namespace {

const timing::SystemTime start{1'750'000'000s};

aws::LifecycleEvent event(const char* name, Progress status,
                          std::optional<std::chrono::milliseconds> took = {}) {
  aws::LifecycleEvent result{.name = name, .status = status};
  if (took) {
    result.started = start;
    result.ended = start + *took;
  }
  return result;
}

Observation installing(std::vector<aws::LifecycleEvent> events) {
  Observation now;
  now.watched.deployment = {
      .id = "d-1", .status = DeploymentStatus::in_progress, .type = "BLUE_GREEN"};
  now.watched.targets = {green("i-0aaa", Progress::in_progress)};
  now.watched.targets[0].events = std::move(events);
  return now;
}

}  // namespace

TEST_CASE("the same reading twice has nothing to tell") {
  const auto now = installing({event("BeforeInstall", Progress::succeeded, 1200ms)});
  CHECK(changes(now, now).empty());
}

TEST_CASE("a lifecycle event is told when it begins and when it ends") {
  const auto first = installing({event("ApplicationStop", Progress::succeeded, 30ms),
                                 event("DownloadBundle", Progress::in_progress),
                                 event("BeforeInstall", Progress::pending)});
  CHECK(changes({}, first) == Lines{"d-1 InProgress", "i-0aaa Green ApplicationStop Succeeded 0.0s",
                                    "i-0aaa Green DownloadBundle InProgress"});

  const auto second = installing({event("ApplicationStop", Progress::succeeded, 30ms),
                                  event("DownloadBundle", Progress::succeeded, 1200ms),
                                  event("BeforeInstall", Progress::failed, 84'000ms),
                                  event("Install", Progress::skipped)});
  CHECK(changes(first, second) == Lines{"i-0aaa Green DownloadBundle Succeeded 1.2s",
                                        "i-0aaa Green BeforeInstall Failed 84s"});
}

TEST_CASE("the deployment's own changes are told with the service's reason") {
  auto before = seen(DeploymentStatus::in_progress);
  auto now = before;
  now.watched.deployment.termination_wait_started = true;
  CHECK(changes(before, now) == Lines{"d-1 traffic has shifted to green"});

  before = now;
  now.watched.deployment.status = DeploymentStatus::failed;
  now.watched.deployment.error_code = "HEALTH_CONSTRAINTS";
  now.watched.deployment.error_message = "Too many failed.";
  CHECK(changes(before, now) == Lines{"d-1 Failed: HEALTH_CONSTRAINTS: Too many failed"});
}

TEST_CASE("target health is told when it changes, not while a target is still unregistered") {
  auto before = seen(DeploymentStatus::in_progress);
  before.health.clear();
  auto now = before;
  now.health = {health("i-0aaa", TargetState::unused, "Target.NotRegistered"),
                health("i-0bbb", TargetState::initial, "Elb.RegistrationInProgress")};
  CHECK(changes(before, now) == Lines{"i-0bbb in web: initial Elb.RegistrationInProgress"});

  before = now;
  now.health = {health("i-0aaa", TargetState::healthy),
                health("i-0bbb", TargetState::unhealthy, "Target.ResponseCodeMismatch",
                       "Health checks failed with these codes: [503]")};
  CHECK(
      changes(before, now) ==
      Lines{"i-0aaa in web: healthy",
            "i-0bbb in web: unhealthy Target.ResponseCodeMismatch: Health checks failed with these "
            "codes: [503]"});
}

TEST_CASE("what the service answers is told once per mix of versions") {
  const auto before = seen(DeploymentStatus::succeeded);
  auto now = before;
  now.samples = samples(2, 3);
  CHECK(changes(before, now) == Lines{"the service answers 3 × bbbbbbb, 2 × new aaaaaaa"});
  CHECK(changes(now, now).empty());
}

TEST_CASE("a rollback is told like the deployment it takes back") {
  const auto before = seen(DeploymentStatus::failed);
  auto now = before;
  now.rollback.emplace();
  now.rollback->deployment = {.id = "d-2", .status = DeploymentStatus::in_progress};
  now.rollback->targets = {
      {.id = "i-0ddd", .label = "Green", .events = {event("Install", Progress::in_progress)}}};
  CHECK(changes(before, now) ==
        Lines{"rollback d-2 InProgress", "i-0ddd Green Install InProgress"});
}

TEST_CASE("an event's time is told in seconds") {
  CHECK(wait_healthy::event_duration(event("x", Progress::succeeded, 1249ms)) == "1.2s");
  CHECK(wait_healthy::event_duration(event("x", Progress::succeeded, 3'600'000ms)) == "3600s");
  CHECK(wait_healthy::event_duration(event("x", Progress::in_progress)).empty());
  CHECK(wait_healthy::event_duration(event("x", Progress::succeeded, -5ms)).empty());
}
