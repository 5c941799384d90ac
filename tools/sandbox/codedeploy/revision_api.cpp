// SPDX-License-Identifier: Apache-2.0
//
// Revisions as an application knows them: registered by `aws deploy push`, or by the deployment
// that used them first.
#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/codedeploy/shapes.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::codedeploy {
namespace {

// A revision and when deployments used it.
struct Use {
  Revision revision;
  std::optional<SystemTime> first{};
  std::optional<SystemTime> last{};
};

Use use_of(const Account& account, const std::string& application, const Revision& revision) {
  Use use{.revision = revision};
  for (const auto& [id, deployment] : account.deployments) {
    if (deployment.application != application || deployment.revision != revision.location) continue;
    if (!use.first || deployment.created < *use.first) use.first = deployment.created;
    if (!use.last || deployment.created > *use.last) use.last = deployment.created;
  }
  return use;
}

// The groups whose instances run it.
std::vector<std::string> groups_with(const Application& application, const S3Location& location) {
  std::vector<std::string> names;
  for (const auto& [name, group] : application.groups) {
    if (group.target_revision == location) names.push_back(name);
  }
  return names;
}

json::Value info_of(const Use& use, const Application& application) {
  auto info = json::object({});
  if (!use.revision.description.empty()) info.set("description", use.revision.description);
  json::Array groups;
  for (const auto& name : groups_with(application, use.revision.location)) groups.push_back(name);
  info.set("deploymentGroups", std::move(groups));
  if (use.first) info.set("firstUsedTime", timing::epoch_seconds(*use.first));
  if (use.last) info.set("lastUsedTime", timing::epoch_seconds(*use.last));
  info.set("registerTime", timing::epoch_seconds(use.revision.registered));
  return info;
}

const Revision* find_revision(const Application& application, const S3Location& location) {
  const auto& revisions = application.revisions;
  const auto found = std::find_if(revisions.begin(), revisions.end(),
                                  [&](const Revision& each) { return each.location == location; });
  return found == revisions.end() ? nullptr : &*found;
}

bool is_deployed(const Use& use, const Application& application) {
  return !groups_with(application, use.revision.location).empty();
}

std::vector<Use> filtered(const json::Field& input, const Account& account,
                          const Application& application) {
  const auto bucket = input["s3Bucket"].maybe_string().value_or("");
  const auto prefix = input["s3KeyPrefix"].maybe_string().value_or("");
  const auto deployed = input["deployed"].maybe_string().value_or("ignore");
  if (deployed != "ignore" && deployed != "include" && deployed != "exclude") {
    throw fault("InvalidDeployedStateFilterException",
                fmt::format("deployed must be include, exclude or ignore, not '{}'", deployed));
  }
  if (bucket.empty() && !prefix.empty()) {
    throw fault("BucketNameFilterRequiredException", "A key prefix needs a bucket name");
  }
  std::vector<Use> result;
  for (const auto& revision : application.revisions) {
    const auto& location = revision.location;
    if (!bucket.empty() && (location.bucket != bucket || !location.key.starts_with(prefix))) {
      continue;
    }
    auto use = use_of(account, application.name, revision);
    const bool wanted =
        deployed == "ignore" || is_deployed(use, application) == (deployed == "include");
    if (wanted) result.push_back(std::move(use));
  }
  return result;
}

void sort(const json::Field& input, std::vector<Use>& uses) {
  const auto by = input["sortBy"].maybe_string().value_or("");
  const auto order = input["sortOrder"].maybe_string().value_or("ascending");
  if (by.empty()) return;
  if (by != "registerTime" && by != "firstUsedTime" && by != "lastUsedTime") {
    throw fault("InvalidSortByException", fmt::format("'{}' is nothing to sort by", by));
  }
  if (order != "ascending" && order != "descending") {
    throw fault("InvalidSortOrderException", fmt::format("'{}' is no order", order));
  }
  std::stable_sort(uses.begin(), uses.end(), [&by](const Use& left, const Use& right) {
    if (by == "firstUsedTime") return left.first < right.first;
    if (by == "lastUsedTime") return left.last < right.last;
    return left.revision.registered < right.revision.registered;
  });
  if (order == "descending") std::reverse(uses.begin(), uses.end());
}

}  // namespace

json::Value register_application_revision(World& world, const json::Field& input) {
  const auto name = application_name(input);
  Revision revision{.location = revision_of(input), .description = description_of(input)};
  const std::lock_guard lock(world.mutex);
  revision.registered = world.clock.now();
  auto& application = require_application(world.account, name);
  const auto same = [&revision](const Revision& each) {
    return each.location == revision.location;
  };
  // Registered anew, it moves to the end with its new description.
  std::erase_if(application.revisions, same);
  application.revisions.push_back(std::move(revision));
  return {};
}

json::Value get_application_revision(World& world, const json::Field& input) {
  const auto name = application_name(input);
  const auto location = revision_of(input);
  const std::lock_guard lock(world.mutex);
  const auto& application = require_application(world.account, name);
  const auto* revision = find_revision(application, location);
  if (revision == nullptr) {
    throw fault("RevisionDoesNotExistException", fmt::format("No revision of {} at s3://{}/{}",
                                                             name, location.bucket, location.key));
  }
  return json::object(
      {{"applicationName", name},
       {"revision", shape_of(location)},
       {"revisionInfo", info_of(use_of(world.account, name, *revision), application)}});
}

json::Value list_application_revisions(World& world, const json::Field& input) {
  const auto name = application_name(input);
  const std::lock_guard lock(world.mutex);
  auto uses = filtered(input, world.account, require_application(world.account, name));
  sort(input, uses);
  json::Array revisions;
  for (const auto& use : uses) revisions.push_back(shape_of(use.revision.location));
  return json::object({{"revisions", std::move(revisions)}});
}

json::Value batch_get_application_revisions(World& world, const json::Field& input) {
  const auto name = application_name(input);
  const auto given = input["revisions"].items();
  if (given.empty()) throw fault("RevisionRequiredException", "Revisions are required");
  if (given.size() > batch_limit) {
    throw fault("BatchLimitExceededException",
                fmt::format("{} revisions at once, {} are allowed", given.size(), batch_limit));
  }
  const std::lock_guard lock(world.mutex);
  const auto& application = require_application(world.account, name);
  json::Array revisions;
  for (const auto& item : given) {
    const auto location = location_of(item);
    const auto* revision = find_revision(application, location);
    if (revision == nullptr) continue;
    revisions.push_back(json::object(
        {{"revisionLocation", shape_of(location)},
         {"genericRevisionInfo", info_of(use_of(world.account, name, *revision), application)}}));
  }
  return json::object({{"applicationName", name}, {"revisions", std::move(revisions)}});
}

}  // namespace sandbox::codedeploy
