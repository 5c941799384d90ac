// SPDX-License-Identifier: Apache-2.0
//
// How long one operation on a registry keeps trying: the one place that decides it, for requests
// that can be sent again as they are and for uploads, which go on where they broke.
#pragma once

#include <chrono>
#include <optional>
#include <random>

#include "http/attempt.hpp"
#include "oci/host_limiter.hpp"

namespace oci {

struct TryLimits {
  int attempts = 10;
  int connects = 4;  // a port that nobody listens on seldom comes alive within seconds
};

class Tries {
 public:
  explicit Tries(HostLimiter& limiter, TryLimits limits = {});

  // After an attempt that did not do the work. Waits and says true when another one is due; false
  // for an answer that stays, when the limits are used up, when the wait would be longer than
  // LimiterOptions::max_wait, or after a stop.
  bool wait_after(const http::Attempt& attempt);

  // The operation got further, so that what failed before no longer counts.
  void progressed() { number_ = 0; }

 private:
  HostLimiter& limiter_;
  TryLimits limits_;
  int number_ = 0;
  std::chrono::milliseconds waited_{};
  std::minstd_rand random_{std::random_device{}()};
};

// The same request would get this answer again.
bool is_final(const http::Response& answer);

// The registry asks for fewer requests: 429, or 503 with a time.
bool is_throttled(const http::Response& answer);

}  // namespace oci
