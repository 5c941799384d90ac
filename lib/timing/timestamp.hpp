// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "timing/clock.hpp"

namespace timing {

std::string rfc3339(SystemTime when);      // "2026-01-02T03:04:05Z"
std::string sigv4_basic(SystemTime when);  // "20260102T030405Z"
std::string http_date(SystemTime when);    // "Fri, 02 Jan 2026 03:04:05 GMT" (RFC 9110, IMF-fixdate)

// Absent when the text is not of that form. Fractions of a second are dropped; rfc3339 takes "Z"
// or an offset.
std::optional<SystemTime> find_rfc3339(std::string_view text);
std::optional<SystemTime> find_sigv4_basic(std::string_view text);
std::optional<SystemTime> find_http_date(std::string_view text);

double epoch_seconds(SystemTime when);  // with fraction, the JSON 1.1 protocol's timestamp
SystemTime from_epoch_seconds(double seconds);

}  // namespace timing
