// SPDX-License-Identifier: Apache-2.0
//
// The keys of an assumed role. Nothing is stored: the session token says whose they are and until
// when, vouched for by an HMAC under the sandbox's secret, and key id and secret follow from it. So
// they outlive a restart of the sandbox, as real ones outlive any server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/server/credentials.hpp"
#include "timing/clock.hpp"

namespace sandbox {

struct RoleSession {
  std::string role{};  // its ARN
  std::string name{};
  timing::SystemTime expires{};
};

struct SessionKeys {
  RoleSession session{};
  Credentials credentials{};
  std::string token{};
};

SessionKeys session_keys(const Credentials& issuer, const RoleSession& session);

// Absent for a token that this issuer did not make.
std::optional<SessionKeys> find_session_keys(const Credentials& issuer, std::string_view token);

// "arn:aws:sts::000000000000:assumed-role/deploy/build-7"
std::string arn_of(const RoleSession& session);

}  // namespace sandbox
