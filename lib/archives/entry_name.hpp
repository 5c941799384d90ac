// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace archives {

// Why an entry of this name must not be written or unpacked: it is empty or absolute, has an empty,
// "." or ".." component, a NUL, or is no UTF-8. Null pointer when it is fine. A directory's final
// "/" is allowed.
const char* find_name_fault(std::string_view name);

bool is_utf8(std::string_view text);

}  // namespace archives
