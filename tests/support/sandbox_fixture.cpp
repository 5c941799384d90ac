// SPDX-License-Identifier: Apache-2.0
#include "support/sandbox_fixture.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace support {
namespace {

constexpr std::string_view appspec = R"(version: 0.0
os: linux
hooks:
  ApplicationStart:
    - location: scripts/start.sh
      timeout: 60
  ValidateService:
    - location: scripts/validate.sh
      timeout: 60
)";

// Stays up until its process group is told to end, as a real service would.
constexpr std::string_view service = R"(import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

commit, version, serves_health = sys.argv[1:4]

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        status, body = 200, {"status": "UP"}
        if self.path.startswith("/actuator/health"):
            if serves_health == "no":
                status, body = 503, {"status": "DOWN"}
        elif self.path.startswith("/actuator/info"):
            body = {"git": {"commit": {"id": commit}}, "build": {"version": version}}
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *ignored):
        pass

ThreadingHTTPServer((os.environ["INSTANCE_IP"], int(os.environ["APP_PORT"])), Handler).serve_forever()
)";

constexpr std::string_view start = R"(#!/bin/sh
set -eu
here=$(dirname "$0")
. "$here/../release.env"
. "$here/../service.env"
python3 "$here/../service.py" "$COMMIT" "$VERSION" "$SERVES_HEALTH" </dev/null >/dev/null 2>&1 &
echo "started $VERSION"
)";

constexpr std::string_view validate = R"(#!/bin/sh
set -eu
. "$(dirname "$0")/../service.env"
if [ "$HEALTHY" = no ]; then
  echo "the service is down: no connection to its database" >&2
  exit 1
fi
tries=0
until curl -s -o /dev/null "http://$INSTANCE_IP:$APP_PORT/actuator/health"; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || exit 1
  sleep 0.1
done
echo "healthy"
)";

std::map<std::string, std::string> parse_exports(const std::string& text) {
  std::map<std::string, std::string> variables;
  for (auto line : text::lines(text)) {
    if (line.starts_with("export ")) line.remove_prefix(7);
    if (const auto pair = text::cut(line, "=")) {
      auto value = pair->second;
      if (value.size() > 1 && value.front() == '\'' && value.back() == '\'') {
        value = value.substr(1, value.size() - 2);
      }
      variables.emplace(pair->first, value);
    }
  }
  return variables;
}

process::Captured checked(process::Captured captured, const std::string& what) {
  if (!captured.exit.ok()) {
    throw base::Error(base::Kind::refused, fmt::format("{}: {}: {}", what,
                                                       process::describe(captured.exit), captured.err));
  }
  return captured;
}

}  // namespace

Sandbox::Sandbox(const SandboxOptions& options) : folder_("stagecraft-sandbox") {
  std::vector<std::string> arguments{"up",          "--dir",
                                     (folder() / "sandbox").string(),
                                     "--instances", std::to_string(options.instances),
                                     "--time-scale", std::to_string(options.time_scale)};
  arguments.insert(arguments.end(), options.more.begin(), options.more.end());
  const auto up = checked(run_tool("deploy-sandbox", {.arguments = arguments}), "deploy-sandbox up");
  endpoints_ = json::parse(up.out, "output of deploy-sandbox up");
  const auto env = checked(
      run_tool("deploy-sandbox", {.arguments = {"env", "--dir", (folder() / "sandbox").string()}}),
      "deploy-sandbox env");
  environment_ = parse_exports(env.out);
}

Sandbox::~Sandbox() {
  try {
    run_tool("deploy-sandbox", {.arguments = {"down", "--dir", (folder() / "sandbox").string()}});
  } catch (const base::Error&) {
    // The test that follows would see what is left; a destructor has nobody to tell.
  }
}

std::string Sandbox::endpoint(const std::string& name) const {
  return json::Field(endpoints_, "output of deploy-sandbox up")[name].string();
}

std::vector<json::Value> Sandbox::events() const {
  std::vector<json::Value> events;
  const auto log = file::read(endpoint("event_log"));
  for (const auto line : text::lines(log)) {
    events.push_back(json::parse(line, "event log"));
  }
  return events;
}

process::Captured Sandbox::run(const std::string& tool, ToolCall call) const {
  for (const auto& [name, value] : environment_) call.environment.emplace(name, value);
  return run_tool(tool, call);
}

std::string Sandbox::aws(std::vector<std::string> arguments) const {
  process::Command command;
  // Debian's own: a newer one in PATH would be another witness on another machine.
  command.argv = {"/usr/bin/aws", "--endpoint-url", endpoint("api"), "--output", "json"};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  auto environment = process::all_environment_variables();
  for (const auto& [name, value] : environment_) environment[name] = value;
  command.environment = std::move(environment);
  return checked(process::capture(command, {}, std::chrono::minutes(2)),
                 "aws " + text::join(arguments, " "))
      .out;
}

Workspace::Workspace() : folder_("stagecraft-workspace") {}

void Workspace::prepare(const Release& release) const {
  const auto bundle = path() / "deploy";
  write_file(bundle / "appspec.yml", std::string(appspec));
  write_file(bundle / "service.py", std::string(service));
  write_file(bundle / "service.env", fmt::format("HEALTHY={}\nSERVES_HEALTH={}\n",
                                                 release.healthy ? "yes" : "no",
                                                 release.serves_health ? "yes" : "no"));
  write_file(bundle / "scripts" / "start.sh", std::string(start), 0755);
  write_file(bundle / "scripts" / "validate.sh", std::string(validate), 0755);
  const auto source = json::object({{"repo", "https://example.com/shop.git"},
                                    {"commit", release.commit},
                                    {"version", release.version},
                                    {"dirty", false},
                                    {"build_tag", ""}});
  const auto jar = json::object({{"path", "../target/shop.jar"},
                                 {"size", 1},
                                 {"sha256", std::string(64, '0')},
                                 {"version", release.version}});
  const auto image = json::object({{"ref", "127.0.0.1:1/shop:" + release.version},
                                   {"repository", "127.0.0.1:1/shop"},
                                   {"tag", release.version},
                                   {"digest", release.digest}});
  write_file(record(), json::write_pretty(json::object({{"schema", 1},
                                                        {"source", source},
                                                        {"jar", jar},
                                                        {"image", image},
                                                        {"prev", std::string(64, '0')}})));
}

json::Value Workspace::record_document() const {
  return json::parse(file::read(record()), "release.json");
}

int deploy(const Sandbox& sandbox, const Workspace& workspace, const Workspace::Release& release) {
  workspace.prepare(release);
  const std::vector<std::pair<std::string, std::vector<std::string>>> stages{
      {"s3-upload-bundle", {"--source", "deploy"}},
      {"codedeploy-trigger", {}},
      {"wait-healthy", {"--interval", "500ms", "--timeout", "2m"}}};
  for (const auto& [tool, arguments] : stages) {
    const auto ran = sandbox.run(tool, {.arguments = arguments, .directory = workspace.path()});
    if (!ran.exit.ok()) return ran.exit.code;
  }
  return 0;
}

std::string get(const std::string& url) {
  const auto answer = process::capture(
      {.argv = {"curl", "-s", "-m", "10", "-w", "\n%{http_code}", url}}, {}, std::chrono::seconds(20));
  const auto end = answer.out.rfind('\n');
  return answer.out.substr(end + 1) + " " + answer.out.substr(0, end);
}

}  // namespace support
