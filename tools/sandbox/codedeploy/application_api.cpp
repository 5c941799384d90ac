// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/codedeploy/shapes.hpp"
#include "sandbox/identifiers.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::codedeploy {

json::Value create_application(World& world, const json::Field& input) {
  Application application;
  application.name = application_name(input);
  if (input["computePlatform"].maybe_string().value_or("Server") != "Server") {
    throw fault("InvalidComputePlatformException", "The computePlatform must be Server");
  }
  refuse_members(input, {"tags"}, "InvalidTagsToAddException");
  application.id = new_uuid();
  application.created = world.clock.now();
  const auto id = application.id;
  {
    const std::lock_guard lock(world.mutex);
    if (world.account.applications.contains(application.name)) {
      throw fault("ApplicationAlreadyExistsException",
                  fmt::format("Application already exists: {}", application.name));
    }
    world.account.applications.emplace(application.name, std::move(application));
  }
  world.changed.notify_all();
  return json::object({{"applicationId", id}});
}

json::Value get_application(World& world, const json::Field& input) {
  const auto name = application_name(input);
  const std::lock_guard lock(world.mutex);
  return json::object({{"application", shape_of(require_application(world.account, name))}});
}

json::Value list_applications(World& world, const json::Field& input) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(world.mutex);
    for (const auto& [name, application] : world.account.applications) names.push_back(name);
  }
  return page_of(input, "applications", names);
}

json::Value register_application_revision(World& world, const json::Field& input) {
  const auto name = application_name(input);
  description_of(input);
  const auto revision = revision_of(input);
  const std::lock_guard lock(world.mutex);
  auto& revisions = require_application(world.account, name).revisions;
  const auto known = std::any_of(revisions.begin(), revisions.end(),
                                 [&revision](const auto& each) { return each.first == revision; });
  if (!known) revisions.emplace_back(revision, world.clock.now());
  return {};
}

json::Value get_application_revision(World& world, const json::Field& input) {
  const auto name = application_name(input);
  const auto revision = revision_of(input);
  const std::lock_guard lock(world.mutex);
  const auto& application = require_application(world.account, name);
  const auto found = std::find_if(application.revisions.begin(), application.revisions.end(),
                                  [&revision](const auto& each) { return each.first == revision; });
  if (found == application.revisions.end()) {
    throw fault("RevisionDoesNotExistException", fmt::format("No revision of {} at s3://{}/{}",
                                                             name, revision.bucket, revision.key));
  }
  auto info = json::object({{"registerTime", timing::epoch_seconds(found->second)}});
  auto groups = json::Array{};
  for (const auto& [group_name, group] : application.groups) {
    if (group.target_revision == revision) groups.push_back(group_name);
  }
  info.set("deploymentGroups", std::move(groups));
  return json::object({{"applicationName", name},
                       {"revision", shape_of(revision)},
                       {"revisionInfo", std::move(info)}});
}

}  // namespace sandbox::codedeploy
