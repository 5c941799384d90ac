// SPDX-License-Identifier: Apache-2.0
#include "timing/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace timing {
namespace {

bool wait_on_wall(SteadyTime deadline, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, deadline, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

SystemTime SystemClock::now() const { return std::chrono::system_clock::now(); }

SteadyTime SystemClock::steady_now() const { return std::chrono::steady_clock::now(); }

bool SystemClock::sleep_until(SteadyTime deadline, std::stop_token stop) {
  return wait_on_wall(deadline, stop);
}

ScaledClock::ScaledClock(double factor)
    : factor_(factor), start_(std::chrono::steady_clock::now()) {}

SystemTime ScaledClock::now() const { return std::chrono::system_clock::now(); }

SteadyTime ScaledClock::steady_now() const {
  const auto real = std::chrono::steady_clock::now() - start_;
  return start_ + std::chrono::duration_cast<SteadyTime::duration>(real * factor_);
}

bool ScaledClock::sleep_until(SteadyTime deadline, std::stop_token stop) {
  const auto left = std::chrono::duration_cast<SteadyTime::duration>((deadline - steady_now()) / factor_);
  return wait_on_wall(std::chrono::steady_clock::now() + left, stop);
}

}  // namespace timing
