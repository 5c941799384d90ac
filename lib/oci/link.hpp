// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"

namespace oci {

// The target of the Link field with rel="next" (RFC 8288), as written; absent on the last page.
std::optional<std::string> find_next_link(const http::Headers& headers);

}  // namespace oci
