// SPDX-License-Identifier: Apache-2.0
//
// The access token that `aws sso login` leaves in ~/.aws/sso/cache.
//
// Its file is named by the SHA-1 of the session's name, or of the start URL for profiles without a
// session. A session's token comes with a refresh token: within 15 minutes of its end it is changed
// for a new one (OIDC CreateToken), which is written back for the other clients of that file. A
// refresh token is good for one use, so the change is made under a lock.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "aws/key_source.hpp"
#include "http/url.hpp"

namespace aws {

// Whose token: what the profile, or the sso-session it names, says.
struct SsoSession {
  std::string profile{};  // for messages
  std::string name{};     // empty: a profile without a session
  std::string start_url{};
  std::string region{};
};

std::filesystem::path sso_token_path(const process::Environment& environment,
                                     const SsoSession& session);

// The access token, registered for masking. Throws environment, with the command to log in, when
// there is none or it is over and cannot be changed; unavailable when the service did not answer.
std::string sso_access_token(const Surroundings& surroundings, const SsoSession& session);

// "run aws sso login --profile ci"
std::string login_hint(const SsoSession& session);

// "portal.sso" and "oidc" begin the public names of the two services; `variable` ends
// AWS_ENDPOINT_URL_<variable> and, in lower case, names the service in a services section.
http::Url sso_address(const Surroundings& surroundings, const SsoSession& session,
                      std::string_view first_label, std::string_view variable);

}  // namespace aws
