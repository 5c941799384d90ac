// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sandbox/model.hpp"
#include "sandbox/server/query_request.hpp"

namespace sandbox {

inline constexpr std::string_view token_service_namespace =
    "https://sts.amazonaws.com/doc/2011-06-15/";

// STS GetCallerIdentity, which people run first to see whose credentials they have.
QueryResult answer_token_service(const World& world, std::string_view action);

}  // namespace sandbox
