// SPDX-License-Identifier: Apache-2.0
#include "sandbox/registry/registry.hpp"

#include <fmt/core.h>
#include <httplib.h>

#include <chrono>

#include "base/error.hpp"
#include "file/file.hpp"
#include "process/environment.hpp"
#include "sandbox/listener.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

namespace sandbox {
namespace {

constexpr int attempts = 5;

constexpr std::string_view configuration = R"(version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: {}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:{}
)";

bool answers(int port) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(std::chrono::seconds(1));
  client.set_read_timeout(std::chrono::seconds(1));
  const auto answer = client.Get("/v2/");
  return answer && answer->status == 200;
}

std::string last_lines(const std::filesystem::path& log) {
  const auto content = file::find(log).value_or("");
  const auto lines = text::lines(text::trim(content));
  return lines.empty() ? std::string("no message") : std::string(lines.back().substr(0, 300));
}

}  // namespace

Registry::Registry(std::filesystem::path folder, int port, const std::stop_token& stop)
    : folder_(std::move(folder)) {
  if (!process::find_program("docker-registry")) {
    throw base::Error(base::Kind::environment,
                      "start the registry: docker-registry is not installed",
                      "apt-get install docker-registry");
  }
  file::make_directories(folder_ / "storage");
  // It cannot take over a listening socket: between our look for a free port and its bind another
  // process may come, so a clash is tried again unless the port was asked for.
  for (int attempt = 1; !stop.stop_requested(); ++attempt) {
    const int chosen = listen_on_loopback(port, "registry").port;
    if (start(chosen, stop)) return;
    if (port != 0 || attempt == attempts) break;
  }
  if (stop.stop_requested()) return;
  throw base::Error(base::Kind::environment,
                    fmt::format("start the registry: {}", last_lines(folder_ / "registry.log")),
                    fmt::format("see {}", (folder_ / "registry.log").string()));
}

bool Registry::start(int port, const std::stop_token& stop) {
  const auto config = folder_ / "config.yml";
  file::write_atomically(config, fmt::format(configuration, (folder_ / "storage").string(), port));
  child_ = std::make_unique<process::Child>(
      process::Command{.argv = {"docker-registry", "serve", config.string()},
                       .directory = folder_,
                       .output = folder_ / "registry.log",
                       .dies_with_us = true});
  port_ = port;
  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + std::chrono::seconds(20);
  while (clock.steady_now() < deadline && !child_->poll()) {
    if (answers(port) && !child_->poll()) return true;
    if (!clock.sleep_for(std::chrono::milliseconds(30), stop)) return false;
  }
  return false;
}

}  // namespace sandbox
