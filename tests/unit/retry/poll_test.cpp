// SPDX-License-Identifier: Apache-2.0
#include "retry/poll.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>

#include "support/fake_clock.hpp"

using namespace std::chrono_literals;
using retry::PollEnd;

TEST_CASE("an answer that is there at once costs no waiting") {
  support::FakeClock clock;
  CHECK(retry::poll(clock, {}, {}, [] { return true; }) == PollEnd::done);
  CHECK(clock.slept() == 0ms);
}

TEST_CASE("asking goes on every interval, give or take a tenth, until the answer is yes") {
  support::FakeClock clock;
  int asked = 0;

  CHECK(retry::poll(clock, {}, {.interval = 10s, .timeout = 1h}, [&] { return ++asked == 11; }) ==
        PollEnd::done);

  CHECK(asked == 11);
  CHECK(clock.slept() >= 90s);
  CHECK(clock.slept() <= 110s);
}

TEST_CASE("when the time is up there was a last look exactly at its end") {
  support::FakeClock clock;
  std::chrono::milliseconds last{};

  CHECK(retry::poll(clock, {}, {.interval = 7s, .timeout = 60s}, [&] {
          last = clock.slept();
          return false;
        }) == PollEnd::timed_out);

  CHECK(last == 60s);
  CHECK(clock.slept() == 60s);
}

TEST_CASE("a question that takes longer than the whole time is asked once") {
  support::FakeClock clock;
  int asked = 0;
  CHECK(retry::poll(clock, {}, {.interval = 1s, .timeout = 10s}, [&] {
          ++asked;
          clock.advance(20s);
          return false;
        }) == PollEnd::timed_out);
  CHECK(asked == 1);
}

TEST_CASE("with no time at all there is still one question") {
  support::FakeClock clock;
  int asked = 0;
  CHECK(retry::poll(clock, {}, {.interval = 1s, .timeout = 0s}, [&] {
          ++asked;
          return false;
        }) == PollEnd::timed_out);
  CHECK(asked == 1);
}

TEST_CASE("a stop before the first question ends it unasked") {
  support::FakeClock clock;
  std::stop_source stop;
  stop.request_stop();
  int asked = 0;
  CHECK(retry::poll(clock, stop.get_token(), {}, [&] { return ++asked > 0; }) == PollEnd::stopped);
  CHECK(asked == 0);
}

TEST_CASE("a stop during the wait ends it") {
  support::FakeClock clock;
  std::stop_source stop;
  CHECK(retry::poll(clock, stop.get_token(), {}, [&] {
          stop.request_stop();
          return false;
        }) == PollEnd::stopped);
  CHECK(clock.slept() == 0ms);
}
