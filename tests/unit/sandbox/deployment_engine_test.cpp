// SPDX-License-Identifier: Apache-2.0
//
// Whole deployments of the engine on real instances (folders with processes) and the real HAProxy,
// a few hundred times faster.
#include "sandbox/codedeploy/deployment_engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "archives/zip_writer.hpp"
#include "file/temp_dir.hpp"
#include "sandbox/account_setup.hpp"
#include "sandbox/identifiers.hpp"
#include "timing/clock.hpp"

namespace {

using sandbox::Deployment;
using sandbox::DeploymentStatus;
using sandbox::Label;
using sandbox::TargetStatus;

// Answers 200 or 503 to everything on the instance's address.
const std::string application = R"(import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *ignored):
        pass
address = (os.environ["INSTANCE_IP"], int(os.environ["APP_PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
)";

struct Release {
  int answers = 200;
  std::string validate = "exit 0";
};

struct Fixture {
  explicit Fixture(sandbox::Leftovers leftovers = sandbox::Leftovers::remove,
                   double time_scale = 200)
      : clock(time_scale),
        events(folder.path() / "events.ndjson", clock),
        world(clock, events),
        objects(folder.path() / "objects", clock) {
    sandbox::UpOptions options;
    options.instances = 1;
    sandbox::set_up_account(world, options);
    world.account.applications.at("example-app")
        .groups.at("production")
        .blue_green.termination_wait = std::chrono::minutes(1);
    objects.create_bucket("bundles");
    balancer = std::make_unique<sandbox::Balancer>(world, folder.path() / "haproxy", 0);
    fleet = std::make_unique<sandbox::Fleet>(world, *balancer, folder.path() / "instances",
                                             sandbox::Host{.sandbox = "test-" + sandbox::new_uuid(),
                                                           .programs = folder.path() / "bin",
                                                           .docker = {}});
    fleet->launch("example-app-asg", 1);
    engine = std::make_unique<sandbox::DeploymentEngine>(
        sandbox::EngineParts{world, objects, *balancer, *fleet}, leftovers);
  }

  ~Fixture() {
    engine.reset();
    fleet->shut_down();
  }

  // What CreateDeployment does; answers the id.
  std::string create(const Release& release) {
    sandbox::s3::ObjectVersion object;
    object.key = "bundle.zip";
    const auto stored = objects.put("bundles", object, bundle_of(release));
    const std::lock_guard lock(world.mutex);
    auto& group = world.account.applications.at("example-app").groups.at("production");
    Deployment deployment;
    deployment.id = sandbox::new_deployment_id();
    deployment.application = "example-app";
    deployment.group = "production";
    deployment.revision = {.bucket = "bundles",
                           .key = "bundle.zip",
                           .bundle_type = "zip",
                           .version = stored.version,
                           .etag = stored.etag};
    deployment.previous_revision = group.target_revision;
    deployment.auto_rollback = group.auto_rollback;
    deployment.blue_green = group.blue_green;
    group.last_attempted = deployment.id;
    const auto id = deployment.id;
    world.account.deployments.emplace(id, std::move(deployment));
    world.changed.notify_all();
    return id;
  }

  static std::string bundle_of(const Release& release) {
    return archives::zip_bytes(
        {{.path = "appspec.yml",
          .content = "version: 0.0\nos: linux\nhooks:\n"
                     "  ApplicationStart:\n    - location: start.sh\n"
                     "  ValidateService:\n    - location: validate.sh\n"},
         {.path = "app.py", .content = application},
         {.path = "start.sh",
          .executable = true,
          .content = "#!/bin/sh\npython3 \"$(dirname \"$0\")/app.py\" " +
                     std::to_string(release.answers) + " </dev/null >/dev/null 2>&1 &\n"},
         {.path = "validate.sh",
          .executable = true,
          .content = "#!/bin/sh\n" + release.validate + "\n"}});
  }

  template <typename Condition>
  Deployment wait(const std::string& id, Condition condition) {
    timing::SystemClock wall;
    const auto deadline = wall.steady_now() + std::chrono::seconds(60);
    while (true) {
      const auto now = get(id);
      if (condition(now)) return now;
      if (wall.steady_now() > deadline) {
        FAIL("the deployment did not get there in 60 s");
      }
      wall.sleep_for(std::chrono::milliseconds(5), {});
    }
  }

  Deployment end_of(const std::string& id) {
    return wait(id, [](const Deployment& now) { return !sandbox::is_active(now.status); });
  }

  Deployment get(const std::string& id) {
    const std::lock_guard lock(world.mutex);
    return world.account.deployments.at(id);
  }

  std::string serving_group() {
    const std::lock_guard lock(world.mutex);
    return world.account.applications.at("example-app").groups.at("production").auto_scaling_group;
  }

  // The instances that are registered, all of them healthy.
  std::set<std::string> healthy_targets() {
    const std::lock_guard lock(world.mutex);
    std::set<std::string> ids;
    for (const auto& [id, target] : world.account.target_groups.at("web").targets) {
      if (target.state == sandbox::TargetState::healthy) ids.insert(id);
    }
    return ids;
  }

  void ask(const std::string& id, bool with_rollback) {
    const std::lock_guard lock(world.mutex);
    auto& deployment = world.account.deployments.at(id);
    deployment.stop_requested = true;
    deployment.stop_with_rollback = with_rollback;
    world.changed.notify_all();
  }

  std::size_t running_instances() {
    const std::lock_guard lock(world.mutex);
    return static_cast<std::size_t>(std::count_if(
        world.account.instances.begin(), world.account.instances.end(), [](const auto& entry) {
          return entry.second.state == sandbox::LifecycleState::in_service;
        }));
  }

  file::TempDir folder{"engine"};
  timing::ScaledClock clock;
  sandbox::EventLog events;
  sandbox::World world;
  sandbox::s3::Store objects;
  std::unique_ptr<sandbox::Balancer> balancer;
  std::unique_ptr<sandbox::Fleet> fleet;
  std::unique_ptr<sandbox::DeploymentEngine> engine;
};

const sandbox::DeploymentTarget& target(const Deployment& deployment, Label label) {
  return *std::find_if(deployment.targets.begin(), deployment.targets.end(),
                       [&](const auto& candidate) { return candidate.label == label; });
}

TargetStatus event_status(const sandbox::DeploymentTarget& target, const std::string& name) {
  return std::find_if(target.events.begin(), target.events.end(),
                      [&](const auto& event) { return event.name == name; })
      ->status;
}

}  // namespace

TEST_CASE("a good release replaces the fleet, and its environment becomes the group's") {
  Fixture fixture;
  const auto id = fixture.create({});
  const auto done = fixture.end_of(id);

  CHECK(done.status == DeploymentStatus::succeeded);
  CHECK(done.termination_wait_started);
  CHECK(target(done, Label::green).status == TargetStatus::succeeded);
  CHECK(event_status(target(done, Label::blue), "BlockTraffic") == TargetStatus::succeeded);
  CHECK(fixture.serving_group() == "CodeDeploy_production_" + id);
  CHECK(fixture.healthy_targets() == std::set<std::string>{target(done, Label::green).instance});
  CHECK(fixture.running_instances() == 1);
}

TEST_CASE("the first release has nothing to be rolled back to") {
  Fixture fixture;
  const auto done = fixture.end_of(fixture.create({.validate = "exit 1"}));

  CHECK(done.status == DeploymentStatus::failed);
  CHECK(done.error->code == "HEALTH_CONSTRAINTS");
  CHECK(done.rollback->rollback_deployment.empty());
  CHECK_FALSE(done.rollback->message.empty());
}

TEST_CASE("a hook that fails on all instances leaves blue alone and is rolled back") {
  Fixture fixture;
  const auto good = fixture.end_of(fixture.create({}));
  const auto blue = target(good, Label::green).instance;
  const auto bad = fixture.end_of(fixture.create({.validate = "echo no database >&2\nexit 7"}));

  CHECK(bad.status == DeploymentStatus::failed);
  const auto& green = target(bad, Label::green);
  CHECK(green.status == TargetStatus::failed);
  CHECK(event_status(green, "ValidateService") == TargetStatus::failed);
  CHECK(event_status(green, "AllowTraffic") == TargetStatus::skipped);
  CHECK(event_status(target(bad, Label::blue), "BlockTraffic") == TargetStatus::skipped);
  CHECK_FALSE(bad.rerouted);

  const auto rollback = fixture.end_of(bad.rollback->rollback_deployment);
  CHECK(rollback.status == DeploymentStatus::succeeded);
  CHECK(rollback.creator == "codeDeployRollback");
  CHECK(rollback.rollback->triggering_deployment == bad.id);
  CHECK(rollback.revision == good.revision);
  CHECK(fixture.healthy_targets() == std::set<std::string>{blue});
  CHECK(fixture.running_instances() == 1);
}

TEST_CASE("a fleet that never gets healthy fails the deployment") {
  Fixture fixture(sandbox::Leftovers::remove, 1000);  // AllowTraffic waits for an hour
  const auto good = fixture.end_of(fixture.create({}));
  const auto bad = fixture.end_of(fixture.create({.answers = 503}));

  CHECK(bad.status == DeploymentStatus::failed);
  CHECK(bad.rerouted);
  CHECK(event_status(target(bad, Label::green), "AllowTraffic") == TargetStatus::failed);
  CHECK(fixture.end_of(bad.rollback->rollback_deployment).status == DeploymentStatus::succeeded);
  CHECK(fixture.healthy_targets() == std::set<std::string>{target(good, Label::green).instance});
}

TEST_CASE("a stop after the traffic has moved brings it back to the original fleet") {
  Fixture fixture;
  const auto good = fixture.end_of(fixture.create({}));
  const auto blue = target(good, Label::green).instance;
  const auto id = fixture.create({});
  fixture.wait(id, [](const Deployment& now) { return now.termination_wait_started; });
  fixture.ask(id, true);
  const auto stopped = fixture.end_of(id);

  CHECK(stopped.status == DeploymentStatus::stopped);
  const auto rollback = fixture.end_of(stopped.rollback->rollback_deployment);
  CHECK(rollback.status == DeploymentStatus::succeeded);
  CHECK(event_status(target(rollback, Label::blue), "AllowTraffic") == TargetStatus::succeeded);
  CHECK(event_status(target(rollback, Label::green), "BlockTraffic") == TargetStatus::succeeded);
  CHECK(fixture.healthy_targets() == std::set<std::string>{blue});
}

TEST_CASE("a stop without rollback before the traffic moves ends with blue serving") {
  Fixture fixture(sandbox::Leftovers::keep);
  const auto good = fixture.end_of(fixture.create({}));
  const auto id = fixture.create({.validate = "sleep 1"});
  fixture.wait(id, [](const Deployment& now) { return now.provisioned; });
  fixture.ask(id, false);
  const auto stopped = fixture.end_of(id);

  CHECK(stopped.status == DeploymentStatus::stopped);
  CHECK_FALSE(stopped.rollback);
  CHECK(target(stopped, Label::green).status == TargetStatus::skipped);
  CHECK(fixture.healthy_targets() == std::set<std::string>{target(good, Label::green).instance});
  CHECK(fixture.running_instances() == 2);
}
