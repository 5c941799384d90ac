// SPDX-License-Identifier: Apache-2.0
#include "base/build_info.hpp"

namespace base {

std::string_view version() { return STAGECRAFT_VERSION; }

std::string_view commit() { return STAGECRAFT_COMMIT; }

std::string user_agent() { return std::string("stagecraft/") + STAGECRAFT_VERSION; }

}  // namespace base
