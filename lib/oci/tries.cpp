// SPDX-License-Identifier: Apache-2.0
#include "oci/tries.hpp"

#include "http/retry_policy.hpp"
#include "logging/log.hpp"
#include "oci/failure.hpp"
#include "retry/backoff.hpp"
#include "text/human.hpp"

namespace oci {
namespace {

using std::chrono::milliseconds;

// A registry's Retry-After counts in full; max_wait is its limit.
constexpr retry::Backoff backoff{.base = milliseconds(250),
                                 .throttled_base = milliseconds(1'000),
                                 .cap = milliseconds(30'000),
                                 .hint_slack = std::chrono::hours(24)};

}  // namespace

bool is_throttled(const http::Response& answer) {
  return answer.status == 429 || (answer.status == 503 && answer.headers.find("Retry-After"));
}

bool is_final(const http::Response& answer) {
  return http::judge_status(answer.status) == http::Verdict::keep || is_full(answer);
}

Tries::Tries(HostLimiter& limiter, TryLimits limits) : limiter_(limiter), limits_(limits) {}

bool Tries::wait_after(const http::Attempt& attempt) {
  ++number_;
  if (attempt.stopped || limiter_.stop().stop_requested()) return false;
  std::optional<milliseconds> hint;
  bool throttled = false;
  int most = limits_.attempts;
  if (attempt.response) {
    if (is_final(*attempt.response)) return false;
    throttled = is_throttled(*attempt.response);
    hint = http::server_hint(attempt.response->headers, limiter_.clock().now());
  } else {
    if (attempt.failure == http::Failure::refused) return false;
    if (attempt.failure == http::Failure::not_connected) most = std::min(most, limits_.connects);
  }
  // A registry that says when to come again is believed until max_wait is over.
  if (number_ >= most && !(throttled && hint)) return false;
  const auto cause = throttled ? retry::Cause::throttled : retry::Cause::failure;
  const milliseconds wait = backoff.before(number_ + 1, cause, hint, random_);
  if (waited_ + wait > limiter_.options().max_wait) {
    if (throttled) limiter_.pause(wait);
    return false;
  }
  waited_ += wait;
  if (throttled) limiter_.pause(wait);
  logging::debug("try again in {} ({})", text::human_duration(wait),
                 throttled ? "throttled" : "transient failure");
  return limiter_.clock().sleep_for(wait, limiter_.stop());
}

}  // namespace oci
