// SPDX-License-Identifier: Apache-2.0
//
// Which attempt may be followed by another: decided here and nowhere else.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "http/attempt.hpp"
#include "http/client.hpp"
#include "http/message.hpp"

namespace http {

// 408, 500, 502, 503, 504 are transient, 429 is throttling, everything else is an answer.
Verdict judge_status(int status);

bool may_repeat(Failure failure, Repeat repeat);

// `Retry-After` as seconds or HTTP-date, or `x-amz-retry-after` in milliseconds; absent for
// garbage and negative values.
std::optional<std::chrono::milliseconds> server_hint(const Headers& headers,
                                                     timing::SystemTime now);

}  // namespace http
