// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.hpp"

#include <fmt/core.h>
#include <signal.h>

#include <chrono>
#include <optional>

#include "base/error.hpp"
#include "file/file.hpp"
#include "sandbox/detached.hpp"
#include "sandbox/event_lines.hpp"
#include "sandbox/fake_credentials.hpp"
#include "sandbox/faults/fault_client.hpp"
#include "sandbox/server_process.hpp"
#include "sandbox/standard_output.hpp"
#include "sandbox/state_file.hpp"
#include "timing/clock.hpp"

namespace sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds stop_limit{90};

// The folder's one name, whether it exists or not.
fs::path folder(const std::string& dir) { return fs::weakly_canonical(fs::absolute(dir)); }

bool is_running(const fs::path& dir) { return !claim_folder(dir).held(); }

Endpoints require_running(const fs::path& dir) {
  const auto endpoints = find_endpoints(dir);
  if (!endpoints || !endpoints->ready || !is_running(dir)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find a sandbox in {}: none runs", dir.string()),
                      fmt::format("deploy-sandbox up --dir {}", dir.string()));
  }
  return *endpoints;
}

base::Error already_running(const fs::path& dir) {
  const auto endpoints = find_endpoints(dir);
  return {
      base::Kind::conflict,
      fmt::format("start a sandbox in {}: one runs there already, with process id {}", dir.string(),
                  endpoints ? fmt::format("{}", endpoints->pid) : "not known yet"),
      fmt::format("use it, stop it with 'deploy-sandbox down --dir {}', or take another --dir",
                  dir.string())};
}

std::vector<std::string> foreground_arguments(const UpOptions& options, const fs::path& dir) {
  std::vector<std::string> words{"up",
                                 "--foreground",
                                 "--dir",
                                 dir.string(),
                                 "--port",
                                 fmt::format("{}", options.port),
                                 "--balancer-port",
                                 fmt::format("{}", options.balancer_port),
                                 "--registry-port",
                                 fmt::format("{}", options.registry_port),
                                 "--time-scale",
                                 fmt::format("{}", options.time_scale),
                                 "--instances",
                                 fmt::format("{}", options.instances),
                                 "--application",
                                 options.application,
                                 "--group",
                                 options.group,
                                 "--bucket",
                                 options.bucket,
                                 "--target-group",
                                 options.target_group,
                                 "--app-port",
                                 fmt::format("{}", options.app_port),
                                 "--health-path",
                                 options.health_path,
                                 "--log-level",
                                 options.log_level};
  if (options.tidy) words.emplace_back("--tidy");
  return words;
}

void serve_in_foreground(const UpOptions& options, const fs::path& dir,
                         const std::stop_token& stop) {
  const auto claim = claim_folder(dir);
  if (!claim.held()) throw already_running(dir);
  if (find_endpoints(dir)) remove_remains(dir, Log::keep);
  file::make_directories(dir);
  try {
    serve(options, dir, stop,
          [](const Endpoints& endpoints) { print_line(json::write(to_json(endpoints))); });
  } catch (...) {
    remove_remains(dir, Log::keep);
    throw;
  }
  remove_remains(dir);
}

bool wait_until_gone(const fs::path& dir, const cli::Context& context) {
  const auto deadline = context.clock.steady_now() + stop_limit;
  while (is_running(dir)) {
    if (context.clock.steady_now() >= deadline) return false;
    context.clock.sleep_for(std::chrono::milliseconds(30), context.stop);
    if (context.stop.stop_requested()) return false;
  }
  return true;
}

}  // namespace

cli::Result up(const UpOptions& options, const cli::Context& context) {
  const auto dir = folder(options.dir);
  if (options.foreground) {
    serve_in_foreground(options, dir, context.stop);
    return {};
  }
  if (is_running(dir)) throw already_running(dir);
  if (find_endpoints(dir)) remove_remains(dir);  // of one that was killed
  file::make_directories(dir);
  try {
    const auto endpoints = start_detached(foreground_arguments(options, dir), dir, context.stop);
    const auto json = to_json(endpoints);
    return {.text = json::write(json), .json = json};
  } catch (const base::Error&) {
    // Not when it lost a race against another `up`, whose things these are.
    if (!is_running(dir)) remove_remains(dir);
    throw;
  }
}

cli::Result down(const std::string& given, const cli::Context& context) {
  const auto dir = folder(given);
  const auto endpoints = find_endpoints(dir);
  if (endpoints && is_running(dir)) {
    ::kill(endpoints->pid, SIGTERM);
    if (!wait_until_gone(dir, context)) {
      if (context.stop.stop_requested()) return {};
      // Its children get a signal from the kernel; what else it started is found by its marks.
      ::kill(endpoints->pid, SIGKILL);
      wait_until_gone(dir, context);
    }
  }
  const auto claim = claim_folder(dir);
  if (!claim.held()) {
    throw base::Error(base::Kind::conflict,
                      fmt::format("stop the sandbox in {}: it is just starting", dir.string()),
                      "try again in a moment");
  }
  remove_remains(dir);
  return {};
}

cli::Result status(const std::string& given) {
  const auto dir = folder(given);
  const auto endpoints = find_endpoints(dir);
  const bool running = endpoints && endpoints->ready && is_running(dir);
  auto json = running ? to_json(*endpoints) : json::object({{"dir", dir.string()}});
  json.set("running", running);
  return {.text = json::write(json), .json = json, .exit_code = running ? 0 : 1};
}

cli::Result env(const std::string& given) {
  const auto endpoints = require_running(folder(given));
  const auto keys = fake_credentials();
  const std::vector<std::pair<std::string, std::string>> variables{
      {"AWS_ENDPOINT_URL", endpoints.api},
      {"AWS_ACCESS_KEY_ID", keys.access_key},
      {"AWS_SECRET_ACCESS_KEY", keys.secret_key},
      {"AWS_REGION", endpoints.region},
      {"AWS_DEFAULT_REGION", endpoints.region},
      {"STAGECRAFT_IMAGE", endpoints.image},
      {"STAGECRAFT_BUNDLE_TO", fmt::format("s3://{}/{}/", endpoints.bucket, endpoints.application)},
      {"STAGECRAFT_APP", endpoints.application},
      {"STAGECRAFT_GROUP", endpoints.group},
      {"STAGECRAFT_URL", endpoints.balancer}};
  // Past the masking of results: the secret is a fake one, and a shell has to get it.
  for (const auto& [name, value] : variables) print_line(fmt::format("export {}={}", name, value));
  return {};
}

cli::Result log(const std::string& given, bool follow, const cli::Context& context) {
  const auto dir = folder(given);
  const auto path = dir / "events.ndjson";
  if (!fs::exists(path)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find an event log in {}: there is none", dir.string()),
                      fmt::format("deploy-sandbox up --dir {}", dir.string()));
  }
  EventLines lines(path);
  while (true) {
    const bool last_round = !follow || context.stop.stop_requested() || !is_running(dir);
    for (const auto& line : lines.next()) print_line(line);
    if (last_round) return {};
    context.clock.sleep_for(std::chrono::milliseconds(200), context.stop);
  }
}

cli::Result add_fault(const std::string& dir, const FaultRule& rule) {
  const auto id = add_fault(require_running(folder(dir)), rule);
  return {.text = fmt::format("{}", id),
          .json = json::object({{"id", static_cast<std::int64_t>(id)}})};
}

cli::Result list_faults(const std::string& dir) {
  for (const auto& rule : list_faults(require_running(folder(dir)))) print_line(line_of(rule));
  return {};
}

cli::Result clear_faults(const std::string& dir) {
  clear_faults(require_running(folder(dir)));
  return {};
}

}  // namespace sandbox
