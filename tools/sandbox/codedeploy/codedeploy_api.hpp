// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "json/value.hpp"
#include "sandbox/model.hpp"

namespace sandbox {

// Answers one CodeDeploy operation ("CreateDeployment") over the account; null for an operation
// that answers nothing. Throws Fault in AWS's words. The engine moves deployments on; this only
// appends them and leaves requests on them. Thread-safe.
json::Value answer_codedeploy(World& world, std::string_view operation, const json::Value& input);

}  // namespace sandbox
