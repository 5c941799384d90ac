// SPDX-License-Identifier: Apache-2.0
//
// Reading CodeDeploy's requests: names and settings validated with AWS's error codes, and what they
// name looked up in the account (whose mutex the caller holds).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/field.hpp"
#include "json/value.hpp"
#include "sandbox/model.hpp"
#include "sandbox/server/fault.hpp"

namespace sandbox::codedeploy {

inline constexpr std::size_t batch_limit = 25;
inline constexpr std::size_t page_limit = 100;

Fault fault(std::string_view code, std::string message);  // 400

// A name of 1 to 100 letters, digits and . _ + = , @ - that must be given. `what` is the part of
// the error codes that tells which: <what>RequiredException, Invalid<what>Exception.
std::string required_name(const json::Field& input, std::string_view member, std::string_view what);

std::string application_name(const json::Field& input);
std::string group_name(const json::Field& input);

Application& require_application(Account& account, const std::string& name);
DeploymentGroup& require_group(Application& application, const std::string& name);
Deployment& require_deployment(Account& account, const json::Field& input);

// d- and letters or digits, else DeploymentIdRequired or InvalidDeploymentId.
std::string deployment_id(const json::Field& field);

std::string description_of(const json::Field& input);
S3Location revision_of(const json::Field& input);  // its member "revision"
S3Location location_of(const json::Field& revision);
AutoRollback auto_rollback_of(const json::Field& settings);

// The named configuration must exist (config_api.cpp).
void require_config(const Account& account, const std::string& name);

// Refuses members that the account cannot hold, unless they are absent or empty.
void refuse_members(const json::Field& input, std::initializer_list<std::string_view> members,
                    std::string_view code);

// {"<member>":[…], "nextToken":…}: the names after the one that nextToken stands for.
json::Value page_of(const json::Field& input, std::string_view member,
                    const std::vector<std::string>& names);

}  // namespace sandbox::codedeploy
