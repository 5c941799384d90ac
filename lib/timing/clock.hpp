// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <utility>

namespace timing {

using SystemTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

// The one place time comes from: a test's clock moves when told to, the sandbox's runs N times
// faster. Waits count on steady_now(), reports and signatures on now().
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual SystemTime now() const = 0;
  virtual SteadyTime steady_now() const = 0;

  // True when the deadline was reached, false when the stop came first.
  virtual bool sleep_until(SteadyTime deadline, std::stop_token stop) = 0;

  bool sleep_for(std::chrono::milliseconds duration, std::stop_token stop) {
    return sleep_until(steady_now() + duration, std::move(stop));
  }
};

// Thread-safe.
class SystemClock final : public Clock {
 public:
  SystemTime now() const override;
  SteadyTime steady_now() const override;
  bool sleep_until(SteadyTime deadline, std::stop_token stop) override;
};

// The clock of a simulation that runs `factor` times faster than the wall: sleeps are divided,
// steady_now() advances `factor` times as fast; now() stays true, since signatures depend on it.
class ScaledClock final : public Clock {
 public:
  explicit ScaledClock(double factor);
  SystemTime now() const override;
  SteadyTime steady_now() const override;
  bool sleep_until(SteadyTime deadline, std::stop_token stop) override;
  double factor() const { return factor_; }

 private:
  double factor_;
  SteadyTime start_;
};

}  // namespace timing
