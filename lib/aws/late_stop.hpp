// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

#include "timing/clock.hpp"

namespace aws {

// Passes a stop on after a while, so that what has begun at a service can still be undone there: a
// cleanup that is stopped by the very stop that makes it necessary would leave everything behind.
class LateStop {
 public:
  LateStop(timing::Clock& clock, std::stop_token early, std::chrono::milliseconds grace);

  std::stop_token token() const { return late_.get_token(); }

 private:
  std::stop_source late_;
  std::jthread waiter_;
};

}  // namespace aws
