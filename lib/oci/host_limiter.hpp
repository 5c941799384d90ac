// SPDX-License-Identifier: Apache-2.0
//
// What all requests to one registry share: a pause that the registry asked for, and how many may be
// under way.
//
// A 429 to one thread is meant for all of them, so its Retry-After stops every request, those with
// bodies too. The number in flight is halved by each burst of refusals and grows by one after as
// many successes as are allowed at once (additive increase, multiplicative decrease).
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>

#include "timing/clock.hpp"

namespace oci {

struct LimiterOptions {
  unsigned most = 8;                            // requests at once
  std::chrono::milliseconds max_wait{300'000};  // of one operation, all its waits together
};

// Thread-safe.
class HostLimiter {
 public:
  // `host` names it in errors.
  HostLimiter(timing::Clock& clock, std::stop_token stop, std::string host, LimiterOptions options);

  // Leave to send one request; its place is free again when this ends.
  class Place {
   public:
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class HostLimiter;
    Place(HostLimiter& limiter, unsigned burst, bool counted)
        : limiter_(&limiter), burst_(burst), counted_(counted) {}
    HostLimiter* limiter_;
    unsigned burst_;
    bool counted_;
  };

  // A download counts for nothing: what it brings may be what an upload to the same host waits for.
  enum class Counts { yes, no };

  // Waits for the end of the pause and for a free place. Throws unavailable when the pause lasts
  // longer than max_wait, saying when to come again, and when a stop came.
  Place enter(Counts counts = Counts::yes);

  void succeeded(const Place& place);
  void throttled(const Place& place);
  void pause(std::chrono::milliseconds duration);

  unsigned allowed() const;
  const LimiterOptions& options() const { return options_; }
  timing::Clock& clock() const { return clock_; }
  const std::stop_token& stop() const { return stop_; }

 private:
  void leave();

  timing::Clock& clock_;
  std::stop_token stop_;
  std::string host_;
  LimiterOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  timing::SteadyTime paused_until_{};
  unsigned allowed_;
  unsigned under_way_ = 0;
  unsigned successes_ = 0;
  unsigned burst_ = 0;  // refusals of requests that began in an earlier burst change nothing
};

// "after 2026-01-02T03:04:05Z (in 47m10s)"
std::string when_again(const timing::Clock& clock, std::chrono::milliseconds wait);

}  // namespace oci
