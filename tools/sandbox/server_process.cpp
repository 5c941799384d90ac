// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server_process.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "sandbox/account_setup.hpp"
#include "sandbox/balancer/balancer.hpp"
#include "sandbox/codedeploy/deployment_engine.hpp"
#include "sandbox/event_log.hpp"
#include "sandbox/fake_credentials.hpp"
#include "sandbox/fleet/containers.hpp"
#include "sandbox/fleet/fleet.hpp"
#include "sandbox/fleet/processes.hpp"
#include "sandbox/prerequisites.hpp"
#include "sandbox/registry/registry.hpp"
#include "sandbox/s3/store.hpp"
#include "sandbox/server/services.hpp"
#include "timing/clock.hpp"

namespace sandbox {
namespace {

namespace fs = std::filesystem;

// All that a sandbox makes in its folder; nothing else there is ever removed.
// server.log apart.
constexpr std::array entries{"state.json", "events.ndjson", "requests.ndjson", "bin",
                             "haproxy",    "instances",     "objects",         "registry"};

// The folder with the `docker` that hooks see: this program under another name.
fs::path make_programs(const fs::path& dir) {
  const auto programs = dir / "bin";
  file::make_directories(programs);
  std::error_code ignored;
  fs::remove(programs / "docker", ignored);
  fs::create_symlink(fs::read_symlink("/proc/self/exe"), programs / "docker");
  return programs;
}

Endpoints endpoints_of(const UpOptions& options, const fs::path& dir, const std::string& region) {
  Endpoints endpoints;
  endpoints.pid = ::getpid();
  endpoints.region = region;
  endpoints.dir = dir.string();
  endpoints.event_log = (dir / "events.ndjson").string();
  endpoints.application = options.application;
  endpoints.group = options.group;
  endpoints.bucket = options.bucket;
  return endpoints;
}

// The parts in the order they depend on each other; the destructor goes backwards.
class Server {
 public:
  Server(const UpOptions& options, const fs::path& dir, const std::stop_token& stop)
      : docker_(require_docker()),
        clock_(options.time_scale),
        events_(dir / "events.ndjson", clock_),
        world_(clock_, events_),
        objects_(dir / "objects", clock_),
        faults_(clock_),
        registry_(dir / "registry", options.registry_port, stop) {
    set_up_account(world_, options);
    objects_.create_bucket(options.bucket);
    balancer_.emplace(world_, dir / "haproxy", options.balancer_port);
    world_.account.load_balancer.port = balancer_->port();
    fleet_.emplace(world_, *balancer_, dir / "instances",
                   Host{.sandbox = sandbox_id(dir),
                        .programs = make_programs(dir),
                        .docker = docker_,
                        .app_port = options.app_port});
    api_.emplace(Services{world_, objects_, *balancer_, *fleet_, faults_, fake_credentials(),
                          control_token_},
                 dir / "requests.ndjson");
    api_port_ = api_->start(options.port);
    engine_.emplace(EngineParts{world_, objects_, *balancer_, *fleet_},
                    options.tidy ? Leftovers::remove : Leftovers::keep);
    fleet_->launch(options.application + "-asg", options.instances);
  }

  ~Server() {
    api_.reset();
    engine_.reset();
    if (fleet_) fleet_->shut_down();
  }

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Endpoints endpoints(const UpOptions& options, const fs::path& dir) const {
    auto result = endpoints_of(options, dir, world_.region);
    result.ready = true;
    result.api = fmt::format("http://127.0.0.1:{}", api_port_);
    result.balancer = fmt::format("http://127.0.0.1:{}", balancer_->port());
    result.registry = fmt::format("127.0.0.1:{}", registry_.port());
    result.control_token = control_token_;
    result.image = fmt::format("{}/{}", result.registry, options.application);
    return result;
  }

 private:
  std::string docker_;
  timing::ScaledClock clock_;
  EventLog events_;
  World world_;
  s3::Store objects_;
  FaultPlan faults_;
  std::string control_token_ = crypto::random_hex(32);
  Registry registry_;
  std::optional<Balancer> balancer_;
  std::optional<Fleet> fleet_;
  std::optional<DeploymentEngine> engine_;
  std::optional<ApiServer> api_;
  int api_port_ = 0;
};

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
}

}  // namespace

Claim claim_folder(const fs::path& dir) { return Claim("dir-" + sandbox_id(dir)); }

std::string sandbox_id(const fs::path& dir) {
  return crypto::sha256_hex(fmt::format("{}:{}", ::getuid(), dir.string())).substr(0, 16);
}

void serve(const UpOptions& options, const fs::path& dir, const std::stop_token& stop,
           const std::function<void(const Endpoints&)>& on_ready) {
  require_programs();
  // From here on `down` knows whom to stop.
  write_endpoints(dir, endpoints_of(options, dir, "us-east-1"));
  const Server server(options, dir, stop);
  const auto endpoints = server.endpoints(options, dir);
  if (stop.stop_requested()) return;
  write_endpoints(dir, endpoints);
  logging::info("ready: api {}, balancer {}, registry {}", endpoints.api, endpoints.balancer,
                endpoints.registry);
  on_ready(endpoints);
  wait_for(stop);
}

void remove_remains(const fs::path& dir, Log log) {
  // Without the folder of programs no hook ever ran, and there may be no engine to ask.
  const bool may_have_containers = fs::exists(dir / "bin") || !fs::exists(dir);
  const auto docker = may_have_containers ? process::find_program("docker") : std::nullopt;
  const Containers containers(docker ? docker->string() : "");
  containers.remove("stagecraft.sandbox=" + sandbox_id(dir));
  end_processes_with("STAGECRAFT_SANDBOX=" + sandbox_id(dir), std::chrono::milliseconds(2000));
  if (const auto endpoints = find_endpoints(dir); endpoints && !endpoints->registry.empty()) {
    containers.remove_images(endpoints->registry + "/");
  }
  std::error_code ignored;
  for (const auto* entry : entries) fs::remove_all(dir / entry, ignored);
  if (log == Log::remove) fs::remove(dir / "server.log", ignored);
  fs::remove(dir, ignored);  // only when empty
}

}  // namespace sandbox
