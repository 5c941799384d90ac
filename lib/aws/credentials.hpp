// SPDX-License-Identifier: Apache-2.0
//
// Who signs the requests, found in the order that every AWS client uses: the environment, then the
// profile files.
//
// A place that is configured but yields nothing ends the search with its reason. Going on to the
// next one would act under another, often wider identity: a pod whose web identity is broken would
// deploy as its node.
#pragma once

#include <string>

#include "aws/profiles.hpp"
#include "process/environment.hpp"

namespace aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token{};  // empty: long-lived keys
  std::string origin{};  // for messages: "environment", "profile ci in /root/.aws/credentials"
};

// `explicit_profile` is what --profile said, empty when it was not given: it puts the profile
// before the environment's keys, which AWS_PROFILE does not. Throws environment, naming all that
// was looked at. Secret values are registered for masking.
Credentials find_credentials(const process::Environment& environment, const Profiles& profiles,
                             const std::string& explicit_profile);

}  // namespace aws
