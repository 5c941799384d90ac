// SPDX-License-Identifier: Apache-2.0
//
// Keys that are written down: in the environment, in the credentials file, in the config file.
//
// Programs that log in for a person (saml2aws, aws-vault's rotation) write short-lived keys into
// the files, so a file is read again whenever keys are asked for anew.
#pragma once

#include <optional>
#include <string>

#include "aws/key_source.hpp"

namespace aws {

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION. Absent
// when neither key is set; half a pair throws environment, as it does in a file.
std::optional<KeySource> find_keys_in_environment(const Surroundings& surroundings);

enum class KeyFile { credentials, config };
std::optional<KeySource> find_keys_in_file(const Surroundings& surroundings,
                                           const std::string& profile, KeyFile which);

}  // namespace aws
