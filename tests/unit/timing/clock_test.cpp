// SPDX-License-Identifier: Apache-2.0
#include "timing/clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <thread>

#include "support/fake_clock.hpp"

using namespace std::chrono_literals;

TEST_CASE("a sleep ends at its deadline") {
  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + 20ms;

  CHECK(clock.sleep_until(deadline, {}));

  CHECK(clock.steady_now() >= deadline);
}

TEST_CASE("a stop ends a long sleep at once") {
  timing::SystemClock clock;
  std::stop_source stop;
  const auto start = clock.steady_now();
  const std::jthread stopper([&] { stop.request_stop(); });

  CHECK_FALSE(clock.sleep_for(60s, stop.get_token()));

  CHECK(clock.steady_now() - start < 10s);
}

TEST_CASE("a sleep after the stop does not begin") {
  timing::SystemClock clock;
  std::stop_source stop;
  stop.request_stop();

  CHECK_FALSE(clock.sleep_for(60s, stop.get_token()));
}

TEST_CASE("a deadline in the past is reached already") {
  timing::SystemClock clock;
  CHECK(clock.sleep_until(clock.steady_now() - 1h, {}));
}

TEST_CASE("a scaled clock runs its factor faster than the wall") {
  timing::ScaledClock clock(1'000);
  const auto wall = std::chrono::steady_clock::now();
  const auto start = clock.steady_now();

  CHECK(clock.sleep_for(10s, {}));

  CHECK(clock.steady_now() - start >= 10s - 1ms);
  CHECK(std::chrono::steady_clock::now() - wall < 5s);
}

TEST_CASE("a scaled clock tells the true time of day") {
  const timing::ScaledClock clock(1'000);
  const auto difference = clock.now() - std::chrono::system_clock::now();
  CHECK(difference < 1s);
  CHECK(difference > -1s);
}

TEST_CASE("the clock of the tests moves only when somebody sleeps") {
  support::FakeClock clock;
  const auto before = clock.now();

  CHECK(clock.sleep_for(1h, {}));

  CHECK(clock.now() - before == 1h);
  CHECK(clock.slept() == 1h);
}
