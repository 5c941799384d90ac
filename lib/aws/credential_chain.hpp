// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aws/key_source.hpp"
#include "aws/web_identity.hpp"

namespace aws {

// The first place in botocore's order that is configured. Without a source, all places are in
// passed_over, and only the instance's metadata is left to ask.
Choice choose_source(const Surroundings& surroundings);

// The places that a profile itself can name, its role apart: web identity, SSO, keys in the
// credentials file, a program, keys in the config file. With `environment`, AWS_ROLE_ARN and its
// like come before the profile's web identity.
Choice choose_in_profile(const Surroundings& surroundings, const std::string& profile,
                         EnvironmentCounts environment);

}  // namespace aws
