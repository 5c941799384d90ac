// SPDX-License-Identifier: Apache-2.0
//
// A role assumed with a token that somebody else signed: Kubernetes for a service account (IRSA), a
// CI server for its build. The token lies in a file which its issuer replaces before it ends, so
// the file is read for each call of STS.
#pragma once

#include <optional>
#include <string>

#include "aws/key_source.hpp"

namespace aws {

enum class EnvironmentCounts { no, yes };

// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME where the environment counts,
// each before web_identity_token_file, role_arn, role_session_name of the profile. Absent without a
// token file; throws environment when there is one and no role.
std::optional<KeySource> find_web_identity(const Surroundings& surroundings,
                                           const std::string& profile,
                                           EnvironmentCounts environment);

}  // namespace aws
