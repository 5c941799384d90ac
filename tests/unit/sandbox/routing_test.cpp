// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/routing.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using sandbox::ServerState;
using sandbox::Target;
using sandbox::TargetState;

namespace {

Target in_state(TargetState state) {
  Target target;
  target.state = state;
  return target;
}

sandbox::TargetGroup thresholds(int healthy, int unhealthy) {
  sandbox::TargetGroup group;
  group.healthy_threshold = healthy;
  group.unhealthy_threshold = unhealthy;
  return group;
}

}  // namespace

TEST_CASE("one success makes an initial target healthy") {
  auto target = in_state(TargetState::initial);
  sandbox::CheckHistory history;
  CHECK(advance(target, history, sandbox::passed_check(), thresholds(5, 2)));
  CHECK(target.state == TargetState::healthy);
  CHECK(target.reason.empty());
}

TEST_CASE("an unhealthy target returns after HealthyThresholdCount successes in a row") {
  auto target = in_state(TargetState::unhealthy);
  sandbox::CheckHistory history;
  const auto group = thresholds(3, 2);
  advance(target, history, sandbox::passed_check(), group);
  advance(target, history, sandbox::passed_check(), group);
  advance(target, history, sandbox::wrong_code(503), group);
  advance(target, history, sandbox::passed_check(), group);
  advance(target, history, sandbox::passed_check(), group);
  CHECK(target.state == TargetState::unhealthy);
  advance(target, history, sandbox::passed_check(), group);
  CHECK(target.state == TargetState::healthy);
}

TEST_CASE(
    "UnhealthyThresholdCount failures in a row make a target unhealthy, with the last reason") {
  auto target = in_state(TargetState::healthy);
  sandbox::CheckHistory history;
  const auto group = thresholds(5, 2);
  CHECK_FALSE(advance(target, history, sandbox::timed_out_check(), group));
  CHECK(target.state == TargetState::healthy);
  CHECK(advance(target, history, sandbox::wrong_code(503), group));
  CHECK(target.state == TargetState::unhealthy);
  CHECK(target.reason == "Target.ResponseCodeMismatch");
  CHECK(target.description == "Health checks failed with these codes: [503]");
  CHECK(advance(target, history, sandbox::timed_out_check(), group));
  CHECK(target.reason == "Target.Timeout");
}

TEST_CASE("matchers take codes, lists and ranges") {
  CHECK(sandbox::code_matches("200", 200));
  CHECK_FALSE(sandbox::code_matches("200", 204));
  CHECK(sandbox::code_matches("200,204", 204));
  CHECK(sandbox::code_matches("200-299", 250));
  CHECK(sandbox::code_matches("200-204,301", 301));
  CHECK_FALSE(sandbox::code_matches("200-204,301", 302));
}

TEST_CASE("traffic goes to healthy targets only") {
  const auto servers = sandbox::routing({{"a", in_state(TargetState::healthy)},
                                         {"b", in_state(TargetState::unhealthy)},
                                         {"c", in_state(TargetState::initial)},
                                         {"d", in_state(TargetState::draining)}});
  CHECK(servers.at("a") == ServerState::ready);
  CHECK(servers.at("b") == ServerState::maint);
  CHECK(servers.at("c") == ServerState::maint);
  CHECK(servers.at("d") == ServerState::drain);
}

TEST_CASE("when every registered target is unhealthy all of them get traffic") {
  const auto open = sandbox::routing({{"a", in_state(TargetState::unhealthy)},
                                      {"b", in_state(TargetState::unhealthy)},
                                      {"c", in_state(TargetState::draining)}});
  CHECK(open.at("a") == ServerState::ready);
  CHECK(open.at("b") == ServerState::ready);
  CHECK(open.at("c") == ServerState::drain);

  const auto waiting = sandbox::routing(
      {{"a", in_state(TargetState::unhealthy)}, {"b", in_state(TargetState::initial)}});
  CHECK(waiting.at("a") == ServerState::maint);
}
