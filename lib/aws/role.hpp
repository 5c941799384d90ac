// SPDX-License-Identifier: Apache-2.0
//
// A profile's role, assumed with the keys of another profile (source_profile) or of a named place
// (credential_source). Profiles may point on through several roles; a circle is an error. A profile
// may point at itself when it holds keys of its own, and a source profile with keys of its own is
// taken by these even if it names a role too: so botocore has it.
#pragma once

#include <optional>
#include <string>

#include "aws/key_source.hpp"

namespace aws {

// Absent when the profile has no role_arn, or one that goes with web_identity_token_file. Throws
// environment for settings that cannot work, and for mfa_serial: nobody is there to type the code.
std::optional<KeySource> find_role(const Surroundings& surroundings, const std::string& profile);

}  // namespace aws
