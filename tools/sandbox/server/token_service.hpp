// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sandbox/model.hpp"
#include "sandbox/server/credentials.hpp"
#include "sandbox/server/query_request.hpp"
#include "sandbox/server/signature_check.hpp"

namespace sandbox {

inline constexpr std::string_view token_service_namespace =
    "https://sts.amazonaws.com/doc/2011-06-15/";

struct TokenService {
  const World& world;
  const Credentials& issuer;
};

// STS: GetCallerIdentity, which people run first to see whose credentials they have, and
// AssumeRole. The sandbox has no policies: every role of its account may be assumed.
QueryResult answer_token_service(const TokenService& service, const Signature& caller,
                                 std::string_view action, const QueryRequest& query);

}  // namespace sandbox
