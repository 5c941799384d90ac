// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/verdict.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "sample_observations.hpp"

using namespace std::chrono_literals;
using wait_healthy::Expectations;
using wait_healthy::Until;
using Word = wait_healthy::Verdict::Word;

namespace {

struct Case {
  const char* what;
  Observation now;
  Word word;
  std::string why;
};

void check(const std::vector<Case>& cases, const Expectations& expected) {
  for (const auto& row : cases) {
    CAPTURE(row.what);
    const auto verdict = wait_healthy::judge(row.now, expected);
    CHECK(verdict.word == row.word);
    CHECK(verdict.why == row.why);
  }
}

Observation with(Observation now, const std::function<void(Observation&)>& change) {
  change(now);
  return now;
}

Observation rolled_back_by(DeploymentStatus status) {
  return with(seen(DeploymentStatus::failed), [&](Observation& now) {
    now.watched.deployment.error_code = "HEALTH_CONSTRAINTS";
    now.watched.deployment.error_message = "Too many instances failed.";
    now.rollback.emplace();
    now.rollback->deployment.id = "d-2";
    now.rollback->deployment.status = status;
  });
}

}  // namespace

TEST_CASE("a deployment that goes on is waited for, with the reason") {
  const auto going = [](const std::function<void(aws::Deployment&)>& change) {
    return with(seen(DeploymentStatus::in_progress, TargetState::unused), [&](Observation& now) {
      now.watched.deployment.overview = aws::Overview{.pending = 1, .in_progress = 1};
      change(now.watched.deployment);
    });
  };
  const auto unhealthy = with(going([](aws::Deployment&) {}), [](Observation& now) {
    now.health[1] = health("i-0bbb", TargetState::unhealthy, "Target.ResponseCodeMismatch",
                           "Health checks failed with these codes: [503]");
  });
  check(
      {
          {"nothing known",
           with(Observation{}, [](Observation& now) { now.watched.deployment.id = "d-1"; }),
           Word::waiting, "deployment d-1 Unknown, green instances are being provided"},
          {"created", going([](aws::Deployment& it) {
             it.status = DeploymentStatus::created;
             it.overview.reset();
           }),
           Word::waiting, "deployment d-1 Created, green instances are being provided"},
          {"installing", going([](aws::Deployment&) {}), Word::waiting,
           "deployment d-1 InProgress: 1 pending, 1 in progress"},
          {"green unhealthy in between", unhealthy, Word::waiting,
           "deployment d-1 InProgress: 1 pending, 1 in progress; i-0bbb is unhealthy "
           "Target.ResponseCodeMismatch: Health checks failed with these codes: [503]"},
          {"ready", going([](aws::Deployment& it) { it.status = DeploymentStatus::ready; }),
           Word::waiting, "deployment d-1 Ready, waits to be continued"},
          {"shifted", going([](aws::Deployment& it) { it.termination_wait_started = true; }),
           Word::waiting,
           "deployment d-1 InProgress, traffic has shifted, blue is not terminated yet"},
          {"baking", going([](aws::Deployment& it) { it.status = DeploymentStatus::baking; }),
           Word::waiting, "deployment d-1 Baking: 1 pending, 1 in progress"},
      },
      {});
}

TEST_CASE("a deployment that succeeded is healthy when every green target is") {
  const auto done = seen(DeploymentStatus::succeeded);
  check(
      {
          {"all healthy", done, Word::healthy, ""},
          {"blue is drained, which does not matter",
           with(done,
                [](Observation& now) {
                  now.health.push_back(health("i-0aaa", TargetState::healthy));
                }),
           Word::healthy, ""},
          {"one starts",
           with(done,
                [](Observation& now) {
                  now.health[1] =
                      health("i-0bbb", TargetState::initial, "Elb.InitialHealthChecking");
                }),
           Word::waiting,
           "1 of 2 green targets are healthy; i-0bbb is initial Elb.InitialHealthChecking"},
          {"one is unhealthy",
           with(done,
                [](Observation& now) {
                  now.health[0] = health("i-0aaa", TargetState::unhealthy, "Target.Timeout",
                                         "Request timed out");
                }),
           Word::waiting,
           "1 of 2 green targets are healthy; i-0aaa is unhealthy Target.Timeout: Request timed "
           "out"},
          {"no health known", with(done, [](Observation& now) { now.health.clear(); }),
           Word::waiting, "0 of 2 green targets are healthy"},
          {"healthy in one of two groups",
           with(done,
                [](Observation& now) {
                  now.health.push_back(
                      {"internal", {.id = "i-0aaa", .state = TargetState::initial}});
                }),
           Word::waiting, "1 of 2 green targets are healthy; i-0aaa is initial"},
          {"an empty list of targets is no success",
           with(done,
                [](Observation& now) {
                  now.watched.targets.clear();
                  now.health.clear();
                }),
           Word::waiting, "no green instance is listed yet"},
          {"only the old fleet is listed",
           with(done,
                [](Observation& now) {
                  now.watched.targets = {blue("i-0ccc")};
                  now.health = {health("i-0ccc", TargetState::healthy)};
                }),
           Word::waiting, "no green instance is listed yet"},
          {"succeeded with a failed instance",
           with(done,
                [](Observation& now) {
                  now.watched.deployment.overview = aws::Overview{.succeeded = 1, .failed = 1};
                }),
           Word::failed, "deployment d-1 Succeeded although 1 of its instances failed"},
          {"the target group is attached to no listener",
           with(done,
                [](Observation& now) {
                  now.health[0] = health("i-0aaa", TargetState::unused, "Target.NotInUse",
                                         "Target group is not configured");
                }),
           Word::failed, "i-0aaa is unused Target.NotInUse: Target group is not configured"},
          {"health checks are off",
           with(done,
                [](Observation& now) {
                  now.health[0] =
                      health("i-0aaa", TargetState::unavailable, "Target.HealthCheckDisabled");
                }),
           Word::failed, "i-0aaa is unavailable Target.HealthCheckDisabled"},
          {"in place: instances carry no label",
           with(done,
                [](Observation& now) {
                  now.watched.deployment.type = "IN_PLACE";
                  now.watched.targets = {{.id = "i-0aaa"}};
                }),
           Word::healthy, ""},
          {"no load balancer",
           with(done,
                [](Observation& now) {
                  now.watched.deployment.target_groups.clear();
                  now.health.clear();
                }),
           Word::healthy, ""},
      },
      {});
}

TEST_CASE("until traffic-shifted the wait for blue's end counts as arrived") {
  const auto shifted = with(seen(DeploymentStatus::in_progress), [](Observation& now) {
    now.watched.deployment.termination_wait_started = true;
  });
  check({{"shifted", shifted, Word::healthy, ""},
         {"succeeded", seen(DeploymentStatus::succeeded), Word::healthy, ""},
         {"not shifted", seen(DeploymentStatus::in_progress), Word::waiting,
          "deployment d-1 InProgress: 2 succeeded"}},
        {.until = Until::traffic_shifted});
}

TEST_CASE("a failed deployment is followed through its rollback") {
  const auto failed = seen(DeploymentStatus::failed);
  const auto stopped_by_hand = with(seen(DeploymentStatus::stopped), [](Observation& now) {
    now.watched.deployment.auto_rollback = false;
  });
  const std::string told = "deployment d-1 Failed: HEALTH_CONSTRAINTS: Too many instances failed";
  check(
      {
          {"no rollback configured",
           with(failed, [](Observation& now) { now.watched.deployment.auto_rollback = false; }),
           Word::failed, "deployment d-1 Failed"},
          {"stopped by hand, with or without rollback", stopped_by_hand, Word::waiting,
           "deployment d-1 Stopped; no rollback has begun yet"},
          {"stopped by hand without rollback",
           with(stopped_by_hand, [](Observation& now) { now.since_end = 60s; }), Word::failed,
           "deployment d-1 Stopped; no rollback began"},
          {"stopped by hand with rollback",
           with(stopped_by_hand,
                [](Observation& now) {
                  now.rollback.emplace();
                  now.rollback->deployment.id = "d-2";
                  now.rollback->deployment.status = DeploymentStatus::succeeded;
                }),
           Word::rolled_back, "deployment d-1 Stopped; rollback d-2 Succeeded"},
          {"the first deployment of its group, stopped by hand",
           with(stopped_by_hand,
                [](Observation& now) { now.watched.deployment.previous_revision.reset(); }),
           Word::failed, "deployment d-1 Stopped"},
          {"the first deployment of its group",
           with(failed, [](Observation& now) { now.watched.deployment.previous_revision.reset(); }),
           Word::failed, "deployment d-1 Failed; there is no earlier revision to go back to"},
          {"the rollback has not begun", failed, Word::waiting,
           "deployment d-1 Failed; no rollback has begun yet"},
          {"the rollback never began", with(failed, [](Observation& now) { now.since_end = 60s; }),
           Word::failed, "deployment d-1 Failed; no rollback began"},
          {"the rollback goes on", rolled_back_by(DeploymentStatus::in_progress), Word::waiting,
           told + "; rollback d-2 InProgress"},
          {"the rollback succeeded", rolled_back_by(DeploymentStatus::succeeded), Word::rolled_back,
           told + "; rollback d-2 Succeeded"},
          {"the rollback failed", rolled_back_by(DeploymentStatus::failed), Word::failed,
           told + "; rollback d-2 Failed"},
          {"the rollback was stopped", rolled_back_by(DeploymentStatus::stopped), Word::failed,
           told + "; rollback d-2 Stopped"},
          {"a long rollback outlasts the grace for its beginning",
           with(rolled_back_by(DeploymentStatus::in_progress),
                [](Observation& now) { now.since_end = 600s; }),
           Word::waiting, told + "; rollback d-2 InProgress"},
      },
      {});
}

TEST_CASE("only when every answer is of the new version the service is healthy") {
  const auto answered = [](std::vector<VersionSample> all, std::chrono::milliseconds stuck = 0ms) {
    auto now = seen(DeploymentStatus::succeeded);
    now.samples = std::move(all);
    now.since_stuck = stuck;
    return now;
  };
  check(
      {
          {"all new", answered(samples(10, 0)), Word::healthy, ""},
          {"none taken", answered({}), Word::waiting, "the version has not been asked for yet"},
          {"one old", answered(samples(9, 1)), Word::waiting,
           "9 of 10 answers are of the new version; others: bbbbbbb"},
          {"one lost", answered(samples(9, 0, 0, 1)), Word::waiting,
           "9 of 10 answers are of the new version; others: HTTP 503"},
          {"all old, briefly", answered(samples(0, 10), 59s), Word::waiting,
           "0 of 10 answers are of the new version; others: bbbbbbb"},
          {"all old, for long", answered(samples(0, 10), 60s), Word::failed,
           "all targets are healthy, but no answer is of the new version: bbbbbbb"},
          {"no such document, for long", answered(samples(0, 0, 10), 60s), Word::failed,
           "all targets are healthy, but no answer is of the new version: HTTP 404"},
          {"a service that is down passes, however long", answered(samples(0, 9, 0, 1), 3'600s),
           Word::waiting, "0 of 10 answers are of the new version; others: HTTP 503, bbbbbbb"},
          {"an old instance beside new ones, however long", answered(samples(5, 5), 3'600s),
           Word::waiting, "5 of 10 answers are of the new version; others: bbbbbbb"},
      },
      {.version = true});
}

TEST_CASE("a later phase, more healthy targets and more new answers are closer") {
  const Expectations expected{.version = true};
  const auto closeness = [&](Observation now) {
    const auto verdict = wait_healthy::judge(now, expected);
    REQUIRE(verdict.word == Word::waiting);
    return verdict.closeness;
  };
  const auto created = with(seen(DeploymentStatus::created),
                            [](Observation& now) { now.watched.deployment.overview.reset(); });
  const auto one_healthy = with(seen(DeploymentStatus::succeeded), [](Observation& now) {
    now.health[0] = health("i-0aaa", TargetState::initial);
  });
  const auto old_answers = with(seen(DeploymentStatus::succeeded),
                                [](Observation& now) { now.samples = samples(1, 9); });
  const auto newer_answers =
      with(old_answers, [](Observation& now) { now.samples = samples(9, 1); });

  CHECK(closeness(created) < closeness(seen(DeploymentStatus::in_progress)));
  CHECK(closeness(seen(DeploymentStatus::in_progress)) < closeness(one_healthy));
  CHECK(closeness(one_healthy) < closeness(old_answers));
  CHECK(closeness(old_answers) < closeness(newer_answers));
}
