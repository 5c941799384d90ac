// SPDX-License-Identifier: Apache-2.0
//
// CodeDeploy's JSON shapes as values. Members that are absent leave the default; times are epoch
// seconds, or ISO 8601 text as some stand-ins send.
#pragma once

#include "aws/codedeploy.hpp"
#include "json/field.hpp"

namespace aws {

Deployment read_deployment(const json::Field& deployment_info);
DeploymentTarget read_target(const json::Field& instance_target);
DeploymentGroup read_deployment_group(const json::Field& deployment_group_info);

}  // namespace aws
