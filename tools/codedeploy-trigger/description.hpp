// SPDX-License-Identifier: Apache-2.0
//
// What a deployment's description says of where it comes from.
//
// CreateDeployment takes no idempotency token, so the description carries two: `key` is the same
// for every try of one build at one deployment, `run` is of this call alone and finds the
// deployment whose answer was lost.
#pragma once

#include <string>
#include <string_view>

#include "aws/codedeploy.hpp"

namespace codedeploy_trigger {

struct Origin {
  std::string build_tag{};     // of the CI system; empty on a laptop
  std::string build_number{};  // the same
  std::string commit{};
  std::string version{};
};

// First 12 hex digits of a hash over application, group, revision and build.
std::string deployment_key(const aws::NewDeployment& deployment, const Origin& origin);

// "<words> key=… run=… build=… commit=…", at most 256 characters. `words` empty: the version.
// Throws usage when the words leave no room.
std::string describe(const aws::NewDeployment& deployment, const Origin& origin,
                     std::string_view words, std::string_view run);

// The deployment id that a DeploymentLimitExceeded message names; empty when it names none. The id
// is no field of the answer, and the sentence around it has changed over the years.
std::string find_deployment_id(std::string_view message);

}  // namespace codedeploy_trigger
