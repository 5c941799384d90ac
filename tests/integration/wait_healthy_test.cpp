// SPDX-License-Identifier: Apache-2.0
//
// wait-healthy against the real sandbox. What a verdict rests on is covered row by row in its unit
// tests; here the services, the balancer and the answers of a running service are real.
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <vector>

#include "file/file.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/sandbox_fixture.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

using namespace std::chrono_literals;

namespace {

using support::Sandbox;
using support::Workspace;

// Uploads and triggers the release; answers the deployment's id.
std::string start(const Sandbox& sandbox, const Workspace& workspace,
                  const Workspace::Release& release) {
  workspace.prepare(release);
  const auto uploaded = sandbox.run(
      "s3-upload-bundle", {.arguments = {"--source", "deploy"}, .directory = workspace.path()});
  REQUIRE_MESSAGE(uploaded.exit.ok(), uploaded.err);
  const auto triggered = sandbox.run("codedeploy-trigger", {.directory = workspace.path()});
  REQUIRE_MESSAGE(triggered.exit.ok(), triggered.err);
  return std::string(text::trim(triggered.out));
}

process::Captured wait(const Sandbox& sandbox, const Workspace& workspace,
                       std::vector<std::string> more = {"--timeout", "2m"}) {
  std::vector<std::string> arguments{"--interval", "500ms"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return sandbox.run("wait-healthy",
                     {.arguments = std::move(arguments), .directory = workspace.path()});
}

bool says(const process::Captured& done, const std::string& words) {
  return done.err.find(words) != std::string::npos;
}

std::string error_of(const process::Captured& done) {
  constexpr std::string_view begin = "error: wait-healthy: ";
  for (const auto line : text::lines(done.err)) {
    if (line.starts_with(begin)) return std::string(line.substr(begin.size()));
  }
  return {};
}

// wait-healthy in the background, with its stderr in a file.
struct Watcher {
  Watcher(const Sandbox& sandbox, const Workspace& workspace)
      : log(workspace.path() / "log"), child(command(sandbox, workspace, log)) {}

  // Until the log has these words; what never comes is ended by the test's own time-out.
  void wait_for(const std::string& words) const {
    timing::SystemClock clock;
    while (file::find(log).value_or("").find(words) == std::string::npos) {
      clock.sleep_for(20ms, {});
    }
  }

  std::filesystem::path log;
  process::Child child;

 private:
  static process::Command command(const Sandbox& sandbox, const Workspace& workspace,
                                  const std::filesystem::path& log) {
    auto environment = process::all_environment_variables();
    for (const auto& [name, value] : sandbox.environment()) environment[name] = value;
    return {.argv = {(support::binaries() / "wait-healthy").string(), "--interval", "500ms"},
            .environment = std::move(environment),
            .directory = workspace.path(),
            .output = log};
  }
};

// Makes the record say that another commit was deployed.
void claim_commit(const Workspace& workspace, const std::string& commit) {
  auto document = workspace.record_document();
  document.find("source")->set("commit", commit);
  support::write_file(workspace.record(), json::write_pretty(document));
}

}  // namespace

TEST_CASE("a deployment is followed until its targets are healthy and answer as the new version") {
  const Sandbox sandbox({.instances = 2});
  const Workspace workspace;
  const std::string commit = "0123456789abcdef0123456789abcdef01234567";
  const auto id = start(sandbox, workspace, {.version = "1.0.0", .commit = commit});

  const auto done = wait(sandbox, workspace);

  REQUIRE_MESSAGE(done.exit.code == 0, done.err);
  CHECK(done.out == "healthy " + id + " 1.0.0 2/2 targets\n");
  CHECK(says(done, id + " Succeeded"));
  CHECK(says(done, " Green ValidateService Succeeded"));
  CHECK(says(done, " in web: healthy"));
  CHECK(says(done, "the service answers 10 × new " + commit));
  const auto document = workspace.record_document();
  const auto health = json::Field(document, "record")["health"];
  CHECK(health["status"].string() == "healthy");
  CHECK(health["deployment_id"].string() == id);
  CHECK(health["version"].string() == "1.0.0");
  CHECK(health["answers"].string() == commit);
  CHECK(health["targets"].items().size() == 2);
  CHECK(health["targets"].items().at(0)["state"].string() == "healthy");

  // A second look finds the same.
  const auto again = wait(sandbox, workspace);
  CHECK(again.exit.code == 0);
  CHECK(again.out == done.out);

  // A dry run reads once and writes nothing.
  const auto before = file::read(workspace.record());
  const auto look = wait(sandbox, workspace, {"--dry-run"});
  CHECK(look.exit.code == 0);
  CHECK(look.out == "healthy " + id + "\n");
  CHECK(file::read(workspace.record()) == before);

  // A service that tells its version elsewhere is asked there.
  const auto by_version = wait(sandbox, workspace, {"--version-from", "json:/build/version"});
  CHECK(by_version.exit.code == 0);
  CHECK(says(by_version, "the service answers 10 × new 1.0.0"));

  // Healthy targets that answer as another version are not the release.
  claim_commit(workspace, std::string(40, 'f'));
  const auto wrong = wait(sandbox, workspace, {"--timeout", "3s"});
  CHECK(wrong.exit.code == 5);
  CHECK(wrong.out.empty());
  CHECK(says(wrong, "0 of 10 answers are of the new version; others: " + commit));

  // Without an address the version is not checked, and that is said.
  const auto blind = sandbox.run("wait-healthy", {.arguments = {"--interval", "500ms"},
                                                  .environment = {{"STAGECRAFT_URL", ""}},
                                                  .directory = workspace.path()});
  CHECK(blind.exit.code == 0);
  CHECK(says(blind, "warning: no --url: whether the new version answers is not checked"));
}

TEST_CASE("until traffic-shifted does not wait for the end of the blue fleet") {
  const Sandbox sandbox({.instances = 1});
  const Workspace workspace;
  const auto id = start(sandbox, workspace, {});

  const auto done = wait(sandbox, workspace, {"--until", "traffic-shifted", "--timeout", "1m"});

  CHECK_MESSAGE(done.exit.code == 0, done.err);
  CHECK(says(done, id + " traffic has shifted to green"));
  CHECK_FALSE(says(done, id + " Succeeded"));
}

TEST_CASE("a rolled back release is told with the rollback's id and exits 6") {
  const Sandbox sandbox({.instances = 1});
  const Workspace workspace;
  start(sandbox, workspace, {.commit = std::string(40, 'a')});
  REQUIRE(wait(sandbox, workspace).exit.ok());
  const auto id = start(sandbox, workspace,
                        {.version = "1.1.0", .commit = std::string(40, 'b'), .healthy = false});

  const auto done = wait(sandbox, workspace);

  CHECK(done.exit.code == 6);
  CHECK(done.out.empty());
  CHECK(error_of(done).starts_with("deployment " + id + " Failed: "));
  CHECK(error_of(done).find(" ValidateService scripts/validate.sh: ScriptFailed: ") !=
        std::string::npos);
  CHECK(says(done, "no connection to its database"));
  const auto document = workspace.record_document();
  const auto health = json::Field(document, "record")["health"];
  CHECK(health["status"].string() == "rolled_back");
  CHECK(says(done, "rollback " + health["rollback_deployment_id"].string() + " Succeeded"));
}

TEST_CASE("a stop by hand with rollback exits 6 although the deployment itself asks for none") {
  const Sandbox sandbox({.instances = 1});
  const Workspace workspace;
  REQUIRE(support::deploy(sandbox, workspace, {.commit = std::string(40, 'a')}) == 0);
  const auto& names = sandbox.environment();
  sandbox.aws({"deploy", "update-deployment-group", "--application-name",
               names.at("STAGECRAFT_APP"), "--current-deployment-group-name",
               names.at("STAGECRAFT_GROUP"), "--auto-rollback-configuration", "enabled=false"});
  // Its targets never become healthy, so it is still going on when it is stopped.
  const auto id =
      start(sandbox, workspace,
            {.version = "1.1.0", .commit = std::string(40, 'b'), .serves_health = false});
  Watcher watcher(sandbox, workspace);
  watcher.wait_for(" AllowTraffic InProgress");

  sandbox.aws({"deploy", "stop-deployment", "--deployment-id", id, "--auto-rollback-enabled"});

  CHECK(watcher.child.wait().code == 6);
  const auto document = workspace.record_document();
  const auto health = json::Field(document, "record")["health"];
  CHECK(health["status"].string() == "rolled_back");
  const auto rollback = health["rollback_deployment_id"].string();
  const auto said = file::read(watcher.log);
  CHECK(said.find("error: wait-healthy: deployment " + id + " Stopped: ") != std::string::npos);
  CHECK(said.find("rollback " + rollback + " Succeeded") != std::string::npos);
  CHECK(support::get(names.at("STAGECRAFT_URL") + "/actuator/info").find("1.0.0") !=
        std::string::npos);
}

TEST_CASE("what waiting does not mend ends the wait at once") {
  const Sandbox sandbox;
  const Workspace workspace;
  workspace.prepare({});

  const auto not_triggered = wait(sandbox, workspace);
  CHECK(not_triggered.exit.code == 2);
  CHECK(says(not_triggered, "try: run codedeploy-trigger first"));

  const auto unknown = wait(sandbox, workspace, {"--deployment-id", "d-NOSUCH000"});
  CHECK(unknown.exit.code == 1);
  CHECK(error_of(unknown).find("d-NOSUCH000") != std::string::npos);

  const auto stranger =
      sandbox.run("wait-healthy", {.arguments = {"--deployment-id", "d-NOSUCH000"},
                                   .environment = {{"AWS_SECRET_ACCESS_KEY", "wrong"}},
                                   .directory = workspace.path()});
  CHECK(stranger.exit.code == 3);
}

TEST_CASE("an address where nothing listens is unavailable, and safe to run again") {
  const Workspace workspace;
  const auto done = support::run_tool(
      "wait-healthy",
      {.arguments = {"--deployment-id", "d-ABC123XYZ", "--timeout", "2s", "--endpoint-url",
                     "http://127.0.0.1:1", "--region", "us-east-1"},
       .environment = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                       {"AWS_SECRET_ACCESS_KEY", "secret/example"}},
       .directory = workspace.path()});

  CHECK(done.exit.code == 4);
  CHECK(done.out.empty());
}

TEST_CASE("SIGTERM ends the wait by that signal and says how to go on") {
  const Sandbox sandbox;
  const Workspace workspace;
  const auto id = start(sandbox, workspace, {});
  const auto before = file::read(workspace.record());
  Watcher watcher(sandbox, workspace);
  watcher.wait_for("watch deployment");

  ::kill(watcher.child.pid(), SIGTERM);

  CHECK(watcher.child.wait().signal == SIGTERM);
  const auto said = file::read(watcher.log);
  CHECK(said.find("watch deployment " + id + ": interrupted") != std::string::npos);
  CHECK(said.find("stop-deployment --deployment-id " + id) != std::string::npos);
  CHECK(file::read(workspace.record()) == before);
}
