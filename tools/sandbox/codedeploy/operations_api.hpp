// SPDX-License-Identifier: Apache-2.0
//
// The CodeDeploy operations that codedeploy_api.cpp chooses from, by the file that holds them.
#pragma once

#include "json/field.hpp"
#include "json/value.hpp"
#include "sandbox/model.hpp"

namespace sandbox::codedeploy {

// application_api.cpp
json::Value create_application(World& world, const json::Field& input);
json::Value get_application(World& world, const json::Field& input);
json::Value list_applications(World& world, const json::Field& input);

// revision_api.cpp
json::Value register_application_revision(World& world, const json::Field& input);
json::Value get_application_revision(World& world, const json::Field& input);
json::Value list_application_revisions(World& world, const json::Field& input);
json::Value batch_get_application_revisions(World& world, const json::Field& input);

// group_api.cpp
json::Value create_deployment_group(World& world, const json::Field& input);
json::Value get_deployment_group(World& world, const json::Field& input);
json::Value update_deployment_group(World& world, const json::Field& input);
json::Value list_deployment_groups(World& world, const json::Field& input);

// config_api.cpp
json::Value create_deployment_config(World& world, const json::Field& input);
json::Value get_deployment_config(World& world, const json::Field& input);

// create_deployment_api.cpp
json::Value create_deployment(World& world, const json::Field& input);

// deployment_api.cpp
json::Value get_deployment(World& world, const json::Field& input);
json::Value batch_get_deployments(World& world, const json::Field& input);
json::Value list_deployments(World& world, const json::Field& input);
json::Value stop_deployment(World& world, const json::Field& input);
json::Value continue_deployment(World& world, const json::Field& input);
json::Value skip_wait_time(World& world, const json::Field& input);

// target_api.cpp
json::Value list_deployment_targets(World& world, const json::Field& input);
json::Value batch_get_deployment_targets(World& world, const json::Field& input);
json::Value get_deployment_target(World& world, const json::Field& input);

}  // namespace sandbox::codedeploy
