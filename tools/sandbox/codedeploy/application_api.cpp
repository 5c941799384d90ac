// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <mutex>
#include <vector>

#include "sandbox/codedeploy/input.hpp"
#include "sandbox/codedeploy/operations_api.hpp"
#include "sandbox/codedeploy/shapes.hpp"
#include "sandbox/identifiers.hpp"

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

}  // namespace sandbox::codedeploy
