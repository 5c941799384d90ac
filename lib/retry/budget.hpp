// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <mutex>

#include "retry/backoff.hpp"

namespace retry {

// The token bucket that all calls of a process share: when everything fails, retries stop long
// before each call has used up its own attempts. Capacity and costs are the AWS SDKs' of 2026.
// Thread-safe.
class Budget {
 public:
  bool take(Cause cause) {
    const std::lock_guard lock(mutex_);
    const int cost = cost_of(cause);
    if (tokens_ < cost) return false;
    tokens_ -= cost;
    return true;
  }

  // After a success: what its last retry cost, or one token when there was none.
  void give_back(int tokens) {
    const std::lock_guard lock(mutex_);
    tokens_ = std::min(capacity, tokens_ + tokens);
  }

  static constexpr int cost_of(Cause cause) { return cause == Cause::throttled ? 5 : 14; }

 private:
  static constexpr int capacity = 500;
  std::mutex mutex_;
  int tokens_ = capacity;
};

}  // namespace retry
