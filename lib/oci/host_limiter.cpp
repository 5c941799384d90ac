// SPDX-License-Identifier: Apache-2.0
#include "oci/host_limiter.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "text/human.hpp"
#include "timing/timestamp.hpp"

namespace oci {

using std::chrono::milliseconds;

HostLimiter::HostLimiter(timing::Clock& clock, std::stop_token stop, std::string host,
                         LimiterOptions options)
    : clock_(clock),
      stop_(std::move(stop)),
      host_(std::move(host)),
      options_(options),
      allowed_(std::max(options.most, 1U)) {}

HostLimiter::Place::Place(Place&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)),
      burst_(other.burst_),
      counted_(other.counted_) {}

HostLimiter::Place::~Place() {
  if (limiter_ != nullptr && counted_) limiter_->leave();
}

HostLimiter::Place HostLimiter::enter(Counts counts) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (stop_.stop_requested()) break;
    const auto now = clock_.steady_now();
    if (paused_until_ > now) {
      const auto left = std::chrono::ceil<milliseconds>(paused_until_ - now);
      if (left > options_.max_wait) {
        throw base::Error(
            base::Kind::unavailable,
            fmt::format("ask {}: it wants no requests for {}", host_, text::human_duration(left)),
            "run again " + when_again(clock_, left));
      }
      lock.unlock();
      clock_.sleep_for(left, stop_);
      lock.lock();
      continue;
    }
    if (counts == Counts::no) return {*this, burst_, false};
    if (under_way_ < allowed_) {
      ++under_way_;
      return {*this, burst_, true};
    }
    freed_.wait(lock, stop_, [this] { return under_way_ < allowed_; });
  }
  throw base::Error(base::Kind::unavailable, fmt::format("ask {}: interrupted", host_));
}

void HostLimiter::leave() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  freed_.notify_all();
}

void HostLimiter::succeeded(const Place& place) {
  {
    const std::lock_guard lock(mutex_);
    if (place.burst_ != burst_ || allowed_ >= options_.most) return;
    if (++successes_ < allowed_) return;
    ++allowed_;
    successes_ = 0;
  }
  freed_.notify_all();
}

void HostLimiter::throttled(const Place& place) {
  const std::lock_guard lock(mutex_);
  if (place.burst_ != burst_) return;
  allowed_ = std::max(allowed_ / 2, 1U);
  successes_ = 0;
  ++burst_;
}

void HostLimiter::pause(milliseconds duration) {
  const std::lock_guard lock(mutex_);
  paused_until_ = std::max(paused_until_, clock_.steady_now() + duration);
}

unsigned HostLimiter::allowed() const {
  const std::lock_guard lock(mutex_);
  return allowed_;
}

std::string when_again(const timing::Clock& clock, milliseconds wait) {
  return fmt::format("after {} (in {})", timing::rfc3339(clock.now() + wait),
                     text::human_duration(wait));
}

}  // namespace oci
