// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace text {

enum class Slash { encode, keep };

// Everything but RFC 3986's unreserved characters as %XX with upper-case digits, over the UTF-8
// bytes; the form that SigV4 signs.
std::string percent_encode(std::string_view input, Slash slash = Slash::encode);

// Absent for a broken escape. `+` stays `+`.
std::optional<std::string> find_percent_decoded(std::string_view input);

}  // namespace text
