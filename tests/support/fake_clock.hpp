// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stop_token>

#include "timing/clock.hpp"

namespace support {

// Time that passes only when somebody sleeps: a sleep returns at once and moves the clock to its
// deadline, so a test of an hour's waiting takes no time. Thread-safe.
class FakeClock final : public timing::Clock {
 public:
  explicit FakeClock(timing::SystemTime start = timing::SystemTime(std::chrono::seconds(1'750'000'000)))
      : start_(start) {}

  timing::SystemTime now() const override {
    const std::lock_guard lock(mutex_);
    return start_ + std::chrono::duration_cast<timing::SystemTime::duration>(passed_);
  }

  timing::SteadyTime steady_now() const override {
    const std::lock_guard lock(mutex_);
    return timing::SteadyTime(passed_);
  }

  bool sleep_until(timing::SteadyTime deadline, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    const std::lock_guard lock(mutex_);
    passed_ = std::max(passed_, deadline.time_since_epoch());
    return true;
  }

  void advance(std::chrono::milliseconds by) {
    const std::lock_guard lock(mutex_);
    passed_ += by;
  }

  std::chrono::milliseconds slept() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed_);
  }

 private:
  mutable std::mutex mutex_;
  timing::SystemTime start_;
  timing::SteadyTime::duration passed_{};
};

}  // namespace support
