// SPDX-License-Identifier: Apache-2.0
//
// Keys from the agent beside a container: of an ECS task, of an EKS pod identity, of CodeBuild.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
//
// The request carries a token that is worth the role, so plain http goes to this machine's own
// addresses only; any name may be asked by https. EKS replaces the token in its file, so the file
// is read for each attempt, and it comes before the token in a variable.
#pragma once

#include <optional>

#include "aws/key_source.hpp"
#include "http/url.hpp"
#include "process/environment.hpp"

namespace aws {

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, then AWS_CONTAINER_CREDENTIALS_FULL_URI. Absent when
// neither is set; throws environment for an address that may not be asked.
std::optional<http::Url> find_container_address(const process::Environment& environment);

std::optional<KeySource> find_container(const Surroundings& surroundings);

}  // namespace aws
