// SPDX-License-Identifier: Apache-2.0
//
// CodeDeploy's JSON shapes of what the account holds. Timestamps are epoch seconds with a fraction,
// as the JSON 1.1 protocol has them; eTags come back in quotes.
#pragma once

#include "json/value.hpp"
#include "sandbox/model.hpp"

namespace sandbox::codedeploy {

json::Value shape_of(const S3Location& revision);    // RevisionLocation
json::Value shape_of(const AutoRollback& settings);  // AutoRollbackConfiguration
json::Value shape_of(const BlueGreen& settings);     // BlueGreenDeploymentConfiguration
json::Value shape_of(const LifecycleEvent& event);
json::Value shape_of(const Application& application);  // ApplicationInfo

// DeploymentInfo; deploymentOverview is absent until the fleet is provisioned.
json::Value deployment_info(const Deployment& deployment, const Account& account);

json::Value group_info(const DeploymentGroup& group, const Account& account);

// DeploymentTarget with its InstanceTarget.
json::Value target_shape(const Deployment& deployment, const DeploymentTarget& target,
                         const World& world);

}  // namespace sandbox::codedeploy
