// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace logging {

// From now on every output shows **** for this value: raw, percent-encoded, base64 in its three
// alignments, JSON-escaped, and so for each line of a value of several lines. Values shorter than
// four characters are not masked: that would garble the output and tell their length. Thread-safe.
void add_secret(std::string_view secret);

std::string mask(std::string_view text);

}  // namespace logging
