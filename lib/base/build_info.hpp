// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace base {

std::string_view version();  // "1.2.3"
std::string_view commit();   // 12 hex digits, "unknown" outside a checkout
std::string user_agent();    // "stagecraft/1.2.3"

}  // namespace base
