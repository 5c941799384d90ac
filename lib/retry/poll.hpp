// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "timing/clock.hpp"

namespace retry {

enum class PollEnd { done, timed_out, stopped };

struct PollOptions {
  std::chrono::milliseconds interval{5'000};  // ± 10 % at random, so that pollers spread out
  std::chrono::milliseconds timeout{600'000};
};

// Asks at once and then every interval until `ask` says true, the time is up or the stop comes.
PollEnd poll(timing::Clock& clock, std::stop_token stop, const PollOptions& options,
             const std::function<bool()>& ask);

}  // namespace retry
