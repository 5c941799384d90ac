// SPDX-License-Identifier: Apache-2.0
#include "retry/backoff.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

using namespace std::chrono_literals;
using retry::Cause;
using std::chrono::milliseconds;

namespace {

struct Range {
  milliseconds least{milliseconds::max()};
  milliseconds most{};
};

// The least and most of many draws, the same ones in every run.
Range draws(int attempt, Cause cause, std::optional<milliseconds> hint = {}) {
  std::minstd_rand random(1);
  Range range;
  for (int i = 0; i < 5'000; ++i) {
    const auto wait = retry::Backoff{}.before(attempt, cause, hint, random);
    range.least = std::min(range.least, wait);
    range.most = std::max(range.most, wait);
  }
  return range;
}

}  // namespace

TEST_CASE("the wait is drawn between nothing and a bound that doubles up to 20 seconds") {
  struct Case {
    int attempt;
    Cause cause;
    milliseconds bound;
  };
  constexpr Case cases[] = {
      {2, Cause::failure, 50ms},      {3, Cause::failure, 100ms},     {4, Cause::failure, 200ms},
      {10, Cause::failure, 12'800ms}, {11, Cause::failure, 20s},      {1'000, Cause::failure, 20s},
      {2, Cause::throttled, 1s},      {3, Cause::throttled, 2s},      {6, Cause::throttled, 16s},
      {7, Cause::throttled, 20s},     {1'000, Cause::throttled, 20s},
  };
  for (const auto& c : cases) {
    CAPTURE(c.attempt);
    const auto range = draws(c.attempt, c.cause);
    CHECK(range.least <= c.bound / 20);
    CHECK(range.most <= c.bound);
    CHECK(range.most >= c.bound * 19 / 20);
  }
}

TEST_CASE("a server's hint within the slack is taken as it is") {
  const auto range = draws(2, Cause::failure, 1s);
  CHECK(range.least == 1s);
  CHECK(range.most == 1s);
}

TEST_CASE("a server's hint beyond the back-off is cut to five seconds more than the draw") {
  const auto range = draws(2, Cause::failure, 90s);
  CHECK(range.least >= 5s);
  CHECK(range.most <= 5s + 50ms);
}

TEST_CASE("a server's hint below the draw does not shorten the wait") {
  const auto range = draws(7, Cause::throttled, 0ms);
  CHECK(range.most >= 19s);
}

TEST_CASE("the largest hint there is does not overflow") {
  CHECK(draws(1'000, Cause::throttled, milliseconds::max()).most <= 25s);
}
