// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/input.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "text/base64.hpp"

namespace sandbox::codedeploy {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view name) {
  constexpr std::string_view others = "._+=,@-";
  return !name.empty() && name.size() <= 100 &&
         std::all_of(name.begin(), name.end(), [others](char c) {
           return is_plain(c) || others.find(c) != std::string_view::npos;
         });
}

bool is_empty(const json::Value& value) {
  if (const auto* array = value.find_array()) return array->empty();
  if (const auto* object = value.find_object()) {
    return std::all_of(object->begin(), object->end(), [](const json::Member& member) {
      return is_empty(member.value) ||
             (member.value.find_bool() != nullptr && !*member.value.find_bool());
    });
  }
  return value.is_null();
}

}  // namespace

Fault fault(std::string_view code, std::string message) {
  return {400, std::string(code), std::move(message)};
}

std::string required_name(const json::Field& input, std::string_view member,
                          std::string_view what) {
  const auto name = input[member].maybe_string().value_or("");
  if (name.empty()) {
    throw fault(fmt::format("{}RequiredException", what), fmt::format("{} is required", member));
  }
  if (!is_name(name)) {
    throw fault(fmt::format("Invalid{}Exception", what),
                fmt::format("{} is not a valid {}: 1 to 100 letters, digits and . _ + = , @ -",
                            name, member));
  }
  return name;
}

std::string application_name(const json::Field& input) {
  return required_name(input, "applicationName", "ApplicationName");
}

std::string group_name(const json::Field& input) {
  return required_name(input, "deploymentGroupName", "DeploymentGroupName");
}

Application& require_application(Account& account, const std::string& name) {
  const auto found = account.applications.find(name);
  if (found == account.applications.end()) {
    throw fault("ApplicationDoesNotExistException",
                fmt::format("No application found for name: {}", name));
  }
  return found->second;
}

DeploymentGroup& require_group(Application& application, const std::string& name) {
  const auto found = application.groups.find(name);
  if (found == application.groups.end()) {
    throw fault("DeploymentGroupDoesNotExistException",
                fmt::format("No Deployment Group found for name: {}", name));
  }
  return found->second;
}

std::string deployment_id(const json::Field& field) {
  const auto id = field.maybe_string().value_or("");
  if (id.empty()) throw fault("DeploymentIdRequiredException", "Deployment Id is required");
  const auto is_id_letter = [](char c) { return is_plain(c) && !(c >= 'a' && c <= 'z'); };
  if (!id.starts_with("d-") || id.size() != 11 ||
      !std::all_of(id.begin() + 2, id.end(), is_id_letter)) {
    throw fault("InvalidDeploymentIdException",
                fmt::format("Specified DeploymentId is not in the valid format: {}", id));
  }
  return id;
}

Deployment& require_deployment(Account& account, const json::Field& input) {
  const auto id = deployment_id(input["deploymentId"]);
  const auto found = account.deployments.find(id);
  if (found == account.deployments.end()) {
    throw fault("DeploymentDoesNotExistException",
                fmt::format("The deployment {} could not be found", id));
  }
  return found->second;
}

std::string description_of(const json::Field& input) {
  auto description = input["description"].maybe_string().value_or("");
  // AWS counts characters: bytes that continue a UTF-8 sequence are not counted.
  const auto characters = std::count_if(description.begin(), description.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  if (characters > 256) {
    throw fault(
        "DescriptionTooLongException",
        fmt::format("The description is too long: {} characters, 256 are allowed", characters));
  }
  return description;
}

S3Location revision_of(const json::Field& input) {
  const auto revision = input["revision"];
  if (!revision.exists()) throw fault("RevisionRequiredException", "Revision is required");
  return location_of(revision);
}

S3Location location_of(const json::Field& revision) {
  const auto type = revision["revisionType"].maybe_string().value_or("");
  if (type != "S3") {
    throw fault(
        "InvalidRevisionException",
        fmt::format("revisionType must be S3 for an instance of the sandbox, not '{}'", type));
  }
  const auto location = revision["s3Location"];
  S3Location result;
  result.bucket = location["bucket"].maybe_string().value_or("");
  result.key = location["key"].maybe_string().value_or("");
  result.bundle_type = location["bundleType"].maybe_string().value_or("");
  result.version = location["version"].maybe_string().value_or("");
  result.etag = location["eTag"].maybe_string().value_or("");
  std::erase(result.etag, '"');
  if (result.bucket.empty() || result.key.empty()) {
    throw fault("InvalidRevisionException", "s3Location needs bucket and key");
  }
  constexpr std::array types{"zip", "tar", "tgz"};
  if (std::find(types.begin(), types.end(), result.bundle_type) == types.end()) {
    throw fault("InvalidRevisionException",
                fmt::format("bundleType must be zip, tar or tgz, not '{}'", result.bundle_type));
  }
  return result;
}

AutoRollback auto_rollback_of(const json::Field& settings) {
  constexpr std::array known{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM",
                             "DEPLOYMENT_STOP_ON_REQUEST"};
  AutoRollback result;
  result.enabled = settings["enabled"].maybe_boolean().value_or(false);
  for (const auto& event : settings["events"].items()) {
    if (std::find(known.begin(), known.end(), event.string()) == known.end()) {
      throw fault("InvalidAutoRollbackConfigException",
                  fmt::format("{} is not an event of a rollback", event.string()));
    }
    result.events.insert(event.string());
  }
  if (result.enabled && result.events.empty()) {
    throw fault("InvalidAutoRollbackConfigException",
                "An enabled rollback needs at least one event");
  }
  return result;
}

void refuse_members(const json::Field& input, std::initializer_list<std::string_view> members,
                    std::string_view code) {
  for (const auto member : members) {
    const auto field = input[member];
    if (field.exists() && !is_empty(field.value())) {
      throw fault(code, fmt::format("the sandbox has no {}", member));
    }
  }
}

json::Value page_of(const json::Field& input, std::string_view member,
                    const std::vector<std::string>& names) {
  auto begin = names.begin();
  if (const auto token = input["nextToken"].maybe_string(); token && !token->empty()) {
    const auto last = text::find_bytes_of_base64(*token, text::Base64::url);
    const auto found = last ? std::find(names.begin(), names.end(), *last) : names.end();
    if (found == names.end()) {
      throw fault("InvalidNextTokenException", "The next token is not one that was given");
    }
    begin = found + 1;
  }
  const auto left = static_cast<std::size_t>(names.end() - begin);
  const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, page_limit));
  auto page = json::object({{std::string(member), json::Array(begin, end)}});
  if (end != names.end()) {
    page.set("nextToken", text::base64(std::string_view(*(end - 1)), text::Base64::url));
  }
  return page;
}

}  // namespace sandbox::codedeploy
