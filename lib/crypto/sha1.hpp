// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace crypto {

// Only for names that others made with it, never for trust.
std::string sha1_hex(std::string_view bytes);

}  // namespace crypto
