// SPDX-License-Identifier: Apache-2.0
#include "aws/codedeploy.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "aws/codedeploy_answers.hpp"
#include "base/error.hpp"
#include "json/field.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

constexpr std::size_t batch_size = 25;  // of BatchGetDeployments and BatchGetDeploymentTargets
constexpr std::size_t most_listed = 1'000;
constexpr int most_pages = 100;  // a page may be empty and yet have a successor

std::string target_of(std::string_view operation) {
  return fmt::format("CodeDeploy_20141006.{}", operation);
}

json::Value array_of(const std::vector<std::string>& texts) {
  json::Array items;
  for (const auto& text : texts) items.emplace_back(text);
  return items;
}

// The ids in lots that one call may ask for.
std::vector<std::vector<std::string>> lots(const std::vector<std::string>& ids) {
  std::vector<std::vector<std::string>> result;
  for (std::size_t start = 0; start < ids.size(); start += batch_size) {
    const auto end = std::min(ids.size(), start + batch_size);
    result.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(start),
                        ids.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return result;
}

void set_unless_empty(json::Value& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object.set(name, text);
}

}  // namespace

json::Value request_of(const NewDeployment& deployment) {
  auto location = json::object({{"bucket", deployment.revision.bucket},
                                {"key", deployment.revision.key},
                                {"bundleType", deployment.revision.bundle_type}});
  set_unless_empty(location, "version", deployment.revision.version);
  set_unless_empty(location, "eTag", deployment.revision.etag);
  auto request = json::object(
      {{"applicationName", deployment.application},
       {"deploymentGroupName", deployment.group},
       {"revision", json::object({{"revisionType", "S3"}, {"s3Location", std::move(location)}})}});
  set_unless_empty(request, "deploymentConfigName", deployment.config);
  set_unless_empty(request, "description", deployment.description);
  set_unless_empty(request, "fileExistsBehavior", deployment.file_exists);
  return request;
}

json::Value CodeDeploy::call(std::string_view operation, const json::Value& input,
                             std::string_view what) {
  return value_or_throw(caller_->json(Service::codedeploy, target_of(operation), input), what);
}

Answer<std::string> CodeDeploy::create_deployment(const NewDeployment& deployment) {
  const auto answer = caller_->json(Service::codedeploy, target_of("CreateDeployment"),
                                    request_of(deployment), http::Repeat::unsafe);
  if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
  const auto* id = std::get<json::Value>(answer).find("deploymentId");
  if (id != nullptr && id->find_string() != nullptr) return *id->find_string();
  throw base::Error(base::Kind::unavailable, "read the answer of CreateDeployment: no deploymentId",
                    "check that the address is the service's own and no proxy's");
}

Deployment CodeDeploy::get_deployment(const std::string& id) {
  const auto answer = call("GetDeployment", json::object({{"deploymentId", id}}),
                           fmt::format("get deployment {}", id));
  return read_deployment(json::Field(answer, "answer of GetDeployment")["deploymentInfo"]);
}

std::vector<std::string> CodeDeploy::list_deployment_targets(const std::string& id) {
  std::vector<std::string> ids;
  auto input = json::object({{"deploymentId", id}});
  for (int page = 0; page < most_pages && ids.size() < most_listed; ++page) {
    auto answer = caller_->json(Service::codedeploy, target_of("ListDeploymentTargets"), input);
    const auto* failure = std::get_if<Failure>(&answer);
    if (failure != nullptr && failure->code == "DeploymentNotStartedException") return {};
    const auto document =
        value_or_throw(std::move(answer), fmt::format("list the targets of deployment {}", id));
    const json::Field root(document, "answer of ListDeploymentTargets");
    for (const auto& target : root["targetIds"].items()) ids.push_back(target.string());
    const auto next = root["nextToken"].maybe_string();
    if (!next || next->empty()) break;
    input.set("nextToken", *next);
  }
  return ids;
}

std::vector<DeploymentTarget> CodeDeploy::get_deployment_targets(
    const std::string& id, const std::vector<std::string>& targets) {
  std::vector<DeploymentTarget> result;
  for (const auto& lot : lots(targets)) {
    const auto answer = call("BatchGetDeploymentTargets",
                             json::object({{"deploymentId", id}, {"targetIds", array_of(lot)}}),
                             fmt::format("get the targets of deployment {}", id));
    const json::Field root(answer, "answer of BatchGetDeploymentTargets");
    for (const auto& target : root["deploymentTargets"].items()) {
      if (target["instanceTarget"].exists()) {
        result.push_back(read_target(target["instanceTarget"]));
      }
    }
  }
  const auto place = [&](const DeploymentTarget& target) {
    return std::find(targets.begin(), targets.end(), target.id);
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const auto& left, const auto& right) { return place(left) < place(right); });
  return result;
}

DeploymentGroup CodeDeploy::get_deployment_group(const std::string& application,
                                                 const std::string& group) {
  const auto answer =
      call("GetDeploymentGroup",
           json::object({{"applicationName", application}, {"deploymentGroupName", group}}),
           fmt::format("get deployment group {} of {}", group, application));
  return read_deployment_group(
      json::Field(answer, "answer of GetDeploymentGroup")["deploymentGroupInfo"]);
}

std::vector<std::string> CodeDeploy::list_deployments(const DeploymentFilter& filter) {
  auto input = json::object({});
  set_unless_empty(input, "applicationName", filter.application);
  set_unless_empty(input, "deploymentGroupName", filter.group);
  if (!filter.statuses.empty()) {
    json::Array words;
    for (const auto status : filter.statuses) words.emplace_back(word(status));
    input.set("includeOnlyStatuses", std::move(words));
  }
  if (filter.created_since) {
    input.set("createTimeRange",
              json::object({{"start", timing::epoch_seconds(*filter.created_since)}}));
  }
  std::vector<std::string> ids;
  for (int page = 0; page < most_pages && ids.size() < most_listed; ++page) {
    const auto answer = call("ListDeployments", input,
                             fmt::format("list the deployments of {}", filter.application));
    const json::Field root(answer, "answer of ListDeployments");
    for (const auto& id : root["deployments"].items()) ids.push_back(id.string());
    const auto next = root["nextToken"].maybe_string();
    if (!next || next->empty()) break;
    input.set("nextToken", *next);
  }
  return ids;
}

std::vector<Deployment> CodeDeploy::get_deployments(const std::vector<std::string>& ids) {
  std::vector<Deployment> result;
  for (const auto& lot : lots(ids)) {
    const auto answer = call("BatchGetDeployments",
                             json::object({{"deploymentIds", array_of(lot)}}), "get deployments");
    const json::Field root(answer, "answer of BatchGetDeployments");
    for (const auto& deployment : root["deploymentsInfo"].items()) {
      result.push_back(read_deployment(deployment));
    }
  }
  return result;
}

StopAnswer CodeDeploy::stop_deployment(const std::string& id, AutoRollback rollback) {
  const auto answer = call(
      "StopDeployment",
      json::object({{"deploymentId", id}, {"autoRollbackEnabled", rollback == AutoRollback::yes}}),
      fmt::format("stop deployment {}", id));
  const json::Field root(answer, "answer of StopDeployment");
  return {.done = root["status"].maybe_string().value_or("") == "Succeeded",
          .message = root["statusMessage"].maybe_string().value_or("")};
}

}  // namespace aws
