// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before the next attempt.
//
// Exponential with full jitter: before attempt n the wait is drawn evenly from
// [0, min(cap, base * 2^(n-2))], so executors that failed together do not come back together. A
// server's hint may lengthen the draw, by hint_slack at most. The numbers are the AWS SDKs' standard
// mode of 2026.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace retry {

enum class Cause { failure, throttled };

struct Backoff {
  std::chrono::milliseconds base{50};
  std::chrono::milliseconds throttled_base{1'000};
  std::chrono::milliseconds cap{20'000};
  std::chrono::milliseconds hint_slack{5'000};

  // `attempt` is the coming one, from 2.
  template <std::uniform_random_bit_generator Random>
  std::chrono::milliseconds before(int attempt, Cause cause,
                                   std::optional<std::chrono::milliseconds> hint,
                                   Random& random) const {
    const auto first = cause == Cause::throttled ? throttled_base : base;
    const auto doublings = std::clamp(attempt - 2, 0, 20);
    const auto ceiling = std::min(cap, first * (std::int64_t{1} << doublings));
    std::uniform_int_distribution<std::int64_t> draw(0, ceiling.count());
    const std::chrono::milliseconds wait(draw(random));
    return hint ? std::clamp(*hint, wait, wait + hint_slack) : wait;
  }
};

}  // namespace retry
