// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "sandbox/model.hpp"

namespace sandbox {

// CodeDeployDefault.OneAtATime, .HalfAtATime, .AllAtOnce, or one of the account's own.
std::optional<DeploymentConfig> find_deployment_config(const Account& account,
                                                       std::string_view name);

// How many of `instances` may be out of service at once, at least one. CodeDeployDefault.AllAtOnce
// takes all, .OneAtATime one.
int most_at_once(const DeploymentConfig& config, int instances);

}  // namespace sandbox
