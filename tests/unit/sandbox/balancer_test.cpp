// SPDX-License-Identifier: Apache-2.0
//
// The real HAProxy between a client and small servers on loopback addresses.
#include "sandbox/balancer/balancer.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "file/temp_dir.hpp"
#include "sandbox/fleet/addresses.hpp"
#include "timing/clock.hpp"

namespace {

using sandbox::TargetState;

// An instance's application: says its name, slowly on /slow.
class Application {
 public:
  Application(const std::string& address, int port, std::string name) : name_(std::move(name)) {
    server_.Get("/health", [this](const httplib::Request&, httplib::Response& response) {
      response.status = healthy ? 200 : 503;
    });
    server_.Get("/", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(name_, "text/plain");
    });
    server_.Get("/slow", [this](const httplib::Request&, httplib::Response& response) {
      timing::SystemClock().sleep_for(std::chrono::milliseconds(800), {});
      response.set_content(name_, "text/plain");
    });
    REQUIRE(server_.bind_to_port(address.c_str(), port));
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
  }
  ~Application() { server_.stop(); }

  std::atomic<bool> healthy{true};

 private:
  std::string name_;
  httplib::Server server_;
  std::jthread thread_;
};

struct Fixture {
  static constexpr int port = 8080;

  Fixture()
      : clock(20),
        events(folder.path() / "events.ndjson", clock),
        world(clock, events),
        addresses("balancer test") {
    auto& group = world.account.target_groups["web"];
    group.name = "web";
    group.port = port;
    group.health_path = "/health";
    group.interval = std::chrono::seconds(1);
    group.deregistration_delay = std::chrono::seconds(2);
    world.account.load_balancer.target_group = "web";
    for (const auto* id : {"i-a", "i-b"}) {
      auto& instance = world.account.instances[id];
      instance.id = id;
      instance.address = addresses.next();
      instance.state = sandbox::LifecycleState::in_service;
    }
    balancer = std::make_unique<sandbox::Balancer>(world, folder.path() / "haproxy", 0);
  }

  std::unique_ptr<Application> application(const std::string& id) {
    return std::make_unique<Application>(world.account.instances.at(id).address, port, id);
  }

  httplib::Result get(const std::string& path) const {
    httplib::Client client("127.0.0.1", balancer->port());
    return client.Get(path);
  }

  std::string served_by(const std::string& path = "/") const {
    const auto answer = get(path);
    if (!answer) return "no answer";
    return answer->status == 200 ? answer->body : std::to_string(answer->status);
  }

  TargetState state(const std::string& id) {
    const std::lock_guard lock(world.mutex);
    const auto& targets = world.account.target_groups.at("web").targets;
    const auto found = targets.find(id);
    return found == targets.end() ? TargetState::unused : found->second.state;
  }

  bool reaches(const std::string& id, TargetState wanted) {
    timing::SystemClock wall;
    const auto deadline = wall.steady_now() + std::chrono::seconds(10);
    while (state(id) != wanted && wall.steady_now() < deadline) {
      wall.sleep_for(std::chrono::milliseconds(5), {});
    }
    return state(id) == wanted;
  }

  file::TempDir folder{"balancer"};
  timing::ScaledClock clock;
  sandbox::EventLog events;
  sandbox::World world;
  sandbox::Addresses addresses;
  std::unique_ptr<sandbox::Balancer> balancer;
};

}  // namespace

TEST_CASE("without a usable target the listener answers 503") {
  Fixture fixture;
  CHECK(fixture.served_by() == "503");
}

TEST_CASE("a target gets traffic from its first passed check on") {
  Fixture fixture;
  const auto a = fixture.application("i-a");
  fixture.balancer->register_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  CHECK(fixture.served_by() == "i-a");
}

TEST_CASE("a target that fails its checks gets no traffic while another is healthy") {
  Fixture fixture;
  const auto a = fixture.application("i-a");
  const auto b = fixture.application("i-b");
  fixture.balancer->register_targets("web", {"i-a", "i-b"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  REQUIRE(fixture.reaches("i-b", TargetState::healthy));
  b->healthy = false;
  REQUIRE(fixture.reaches("i-b", TargetState::unhealthy));
  for (int i = 0; i < 6; ++i) CHECK(fixture.served_by() == "i-a");

  a->healthy = false;  // now all are: the balancer fails open
  REQUIRE(fixture.reaches("i-a", TargetState::unhealthy));
  CHECK(fixture.served_by().starts_with("i-"));
}

TEST_CASE("a drained target finishes its requests and gets no new ones") {
  Fixture fixture;
  const auto a = fixture.application("i-a");
  const auto b = fixture.application("i-b");
  fixture.balancer->register_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  std::string slow;
  std::jthread client([&] { slow = fixture.served_by("/slow"); });
  timing::SystemClock().sleep_for(std::chrono::milliseconds(200), {});
  fixture.balancer->register_targets("web", {"i-b"});
  REQUIRE(fixture.reaches("i-b", TargetState::healthy));

  fixture.balancer->deregister_targets("web", {"i-a"});
  CHECK(fixture.state("i-a") == TargetState::draining);
  for (int i = 0; i < 4; ++i) CHECK(fixture.served_by() == "i-b");
  CHECK(fixture.reaches("i-a", TargetState::unused));
  client.join();
  CHECK(slow == "i-a");
}

TEST_CASE("a target that is registered again while it drains serves again") {
  Fixture fixture;
  const auto a = fixture.application("i-a");
  fixture.balancer->register_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  fixture.balancer->deregister_targets("web", {"i-a"});
  fixture.balancer->register_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  CHECK(fixture.served_by() == "i-a");

  fixture.balancer->deregister_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::unused));
  fixture.balancer->register_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  CHECK(fixture.served_by() == "i-a");
}

TEST_CASE("a target that refuses connections shows as 502, not as 503") {
  Fixture fixture;
  auto a = fixture.application("i-a");
  fixture.world.account.target_groups.at("web").interval = std::chrono::seconds(1000);
  fixture.balancer->register_targets("web", {"i-a"});
  REQUIRE(fixture.reaches("i-a", TargetState::healthy));
  a.reset();
  CHECK(fixture.served_by() == "502");
}
