// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/codedeploy_api.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.hpp"
#include "json/field.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/server/fault.hpp"

namespace sandbox {
namespace {

struct Operation {
  std::string_view name;
  json::Value (*answer)(World&, const json::Field&);
};

constexpr std::array operations{
    Operation{"CreateApplication", codedeploy::create_application},
    Operation{"GetApplication", codedeploy::get_application},
    Operation{"ListApplications", codedeploy::list_applications},
    Operation{"RegisterApplicationRevision", codedeploy::register_application_revision},
    Operation{"GetApplicationRevision", codedeploy::get_application_revision},
    Operation{"ListApplicationRevisions", codedeploy::list_application_revisions},
    Operation{"BatchGetApplicationRevisions", codedeploy::batch_get_application_revisions},
    Operation{"CreateDeploymentGroup", codedeploy::create_deployment_group},
    Operation{"GetDeploymentGroup", codedeploy::get_deployment_group},
    Operation{"UpdateDeploymentGroup", codedeploy::update_deployment_group},
    Operation{"ListDeploymentGroups", codedeploy::list_deployment_groups},
    Operation{"CreateDeploymentConfig", codedeploy::create_deployment_config},
    Operation{"GetDeploymentConfig", codedeploy::get_deployment_config},
    Operation{"CreateDeployment", codedeploy::create_deployment},
    Operation{"GetDeployment", codedeploy::get_deployment},
    Operation{"BatchGetDeployments", codedeploy::batch_get_deployments},
    Operation{"ListDeployments", codedeploy::list_deployments},
    Operation{"StopDeployment", codedeploy::stop_deployment},
    Operation{"ContinueDeployment", codedeploy::continue_deployment},
    Operation{"SkipWaitTimeForInstanceTermination", codedeploy::skip_wait_time},
    Operation{"ListDeploymentTargets", codedeploy::list_deployment_targets},
    Operation{"BatchGetDeploymentTargets", codedeploy::batch_get_deployment_targets},
    Operation{"GetDeploymentTarget", codedeploy::get_deployment_target},
};

}  // namespace

json::Value answer_codedeploy(World& world, std::string_view operation, const json::Value& input) {
  const auto found =
      std::find_if(operations.begin(), operations.end(),
                   [operation](const Operation& each) { return each.name == operation; });
  if (found == operations.end()) {
    throw Fault(400, "UnknownOperationException",
                "the sandbox has no CodeDeploy operation " + std::string(operation));
  }
  try {
    return found->answer(world, json::Field(input, operation));
  } catch (const Fault&) {
    throw;
  } catch (const base::Error& error) {
    // A member of another JSON type than the operation takes.
    if (error.kind() != base::Kind::integrity) throw;
    throw Fault(400, "SerializationException", error.message());
  }
}

}  // namespace sandbox
