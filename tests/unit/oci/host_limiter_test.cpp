// SPDX-License-Identifier: Apache-2.0
#include "oci/host_limiter.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "oci/tries.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

namespace {

using namespace std::chrono_literals;

struct Limited {
  explicit Limited(oci::LimiterOptions options = {})
      : limiter(clock, stop.get_token(), "r.example", options) {}
  support::FakeClock clock;
  std::stop_source stop;
  oci::HostLimiter limiter;

  void refuse() {
    const auto place = limiter.enter();
    limiter.throttled(place);
  }
  void succeed() {
    const auto place = limiter.enter();
    limiter.succeeded(place);
  }
};

http::Attempt answered(int status, http::Headers headers = {}) {
  return {.response = http::Response{.status = status, .headers = std::move(headers)}};
}

}  // namespace

TEST_CASE("each burst of refusals halves what may be under way, each round of successes adds one") {
  Limited host({.most = 8});
  CHECK(host.limiter.allowed() == 8);
  {
    // Three that were under way together are one burst.
    const auto first = host.limiter.enter();
    const auto second = host.limiter.enter();
    const auto third = host.limiter.enter();
    host.limiter.throttled(first);
    host.limiter.throttled(second);
    host.limiter.succeeded(third);
    CHECK(host.limiter.allowed() == 4);
  }
  for (int i = 0; i < 5; ++i) host.refuse();
  CHECK(host.limiter.allowed() == 1);
  host.succeed();
  CHECK(host.limiter.allowed() == 2);
  host.succeed();
  CHECK(host.limiter.allowed() == 2);
  host.succeed();
  CHECK(host.limiter.allowed() == 3);
  for (int i = 0; i < 100; ++i) host.succeed();
  CHECK(host.limiter.allowed() == 8);
}

TEST_CASE("no more are under way than allowed, and a download counts for nothing") {
  Limited host({.most = 1});
  std::optional<oci::HostLimiter::Place> only = host.limiter.enter();
  const auto download = host.limiter.enter(oci::HostLimiter::Counts::no);
  std::atomic<bool> entered = false;
  std::jthread waiting([&] {
    const auto place = host.limiter.enter();
    entered = true;
  });
  CHECK_FALSE(entered);
  only.reset();
  waiting.join();
  CHECK(entered);
}

TEST_CASE("a pause holds for all requests, and one beyond max_wait is told at once") {
  Limited host({.max_wait = 5min});
  host.limiter.pause(60s);
  host.succeed();
  CHECK(host.clock.slept() == 60s);
  host.limiter.pause(1h);
  const auto error = support::error_of([&] { host.succeed(); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message() == "ask r.example: it wants no requests for 1h00m");
  CHECK(error.hint() == "run again after 2025-06-15T16:07:40Z (in 1h00m)");
}

TEST_CASE("a stop ends the wait for a place") {
  Limited host({.most = 1});
  const auto only = host.limiter.enter();
  std::jthread stopping([&] { host.stop.request_stop(); });
  CHECK(support::error_of([&] { host.succeed(); }).message() == "ask r.example: interrupted");
}

TEST_CASE("what is tried again, how often, and for how long") {
  struct Case {
    const char* name;
    http::Attempt attempt;
    int again;  // how often it says so; -1: until max_wait is over
  };
  const Case cases[] = {
      {"ok", answered(200), 0},
      {"forbidden", answered(403), 0},
      {"full", answered(507), 0},
      {"server error", answered(500), 9},
      {"gateway", answered(504), 9},
      {"throttled", answered(429), 9},
      {"throttled with a time", answered(429, {{"Retry-After", "60"}}), -1},
      {"broken", {.failure = http::Failure::broken}, 9},
      {"no connection", {.failure = http::Failure::not_connected}, 3},
      {"certificate", {.failure = http::Failure::refused}, 0},
      {"stopped", {.failure = http::Failure::broken, .stopped = true}, 0},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    Limited host({.max_wait = 5min});
    oci::Tries tries(host.limiter);
    int again = 0;
    while (again < 1'000 && tries.wait_after(each.attempt)) ++again;
    CHECK(again == (each.again < 0 ? 5 : each.again));
    CHECK(host.clock.slept() <= 5min);
  }
}

TEST_CASE("progress makes earlier failures count no longer, but not the time they took") {
  Limited host({.max_wait = 2min});
  oci::Tries tries(host.limiter);
  int again = 0;
  while (again < 1'000 && tries.wait_after({.failure = http::Failure::broken})) {
    ++again;
    tries.progressed();
  }
  CHECK(again > 9);
  CHECK(host.clock.slept() <= 2min);
}
