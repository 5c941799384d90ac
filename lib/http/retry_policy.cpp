// SPDX-License-Identifier: Apache-2.0
#include "http/retry_policy.hpp"

#include "text/split.hpp"
#include "timing/timestamp.hpp"

#include <algorithm>

namespace http {
namespace {

// A day: what a server asks beyond it is cut by the back-off anyway, and sums stay small.
constexpr std::uint64_t most_seconds = 86'400;

}  // namespace

Verdict judge_status(int status) {
  switch (status) {
    case 408:
    case 500:
    case 502:
    case 503:
    case 504: return Verdict::transient;
    case 429: return Verdict::throttled;
    default: return Verdict::keep;
  }
}

bool may_repeat(Failure failure, Repeat repeat) {
  if (failure == Failure::refused) return false;
  return failure == Failure::not_connected || repeat == Repeat::safe;
}

std::optional<std::chrono::milliseconds> server_hint(const Headers& headers,
                                                     timing::SystemTime now) {
  if (const auto milliseconds = headers.find("x-amz-retry-after")) {
    const auto number = text::find_number(*milliseconds);
    if (number && *number <= most_seconds * 1000) return std::chrono::milliseconds(*number);
  }
  const auto after = headers.find("retry-after");
  if (!after) return std::nullopt;
  if (const auto seconds = text::find_number(*after)) {
    return std::chrono::seconds(std::min(*seconds, most_seconds));
  }
  const auto date = timing::find_http_date(*after);
  if (!date || *date < now) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*date - now);
}

}  // namespace http
