// SPDX-License-Identifier: Apache-2.0
//
// Keys of a role in IAM Identity Center: the token of a person's login, shown at the portal, gives
// keys for one account and role. Logging in needs a browser and is left to `aws sso login`.
#pragma once

#include <optional>
#include <string>

#include "aws/key_source.hpp"

namespace aws {

// Absent when the profile has neither sso_role_name nor sso_account_id: a session alone is for
// other services' tokens. Throws environment for settings that are missing, or that the profile and
// its sso-session contradict each other about.
std::optional<KeySource> find_sso(const Surroundings& surroundings, const std::string& profile);

}  // namespace aws
