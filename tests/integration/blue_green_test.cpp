// SPDX-License-Identifier: Apache-2.0
//
// Upload, trigger and wait against the real sandbox: HAProxy in front, hooks really run, a small
// service instead of a JVM so that a deployment takes seconds.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "json/field.hpp"
#include "support/sandbox_fixture.hpp"
#include "text/split.hpp"

namespace {

using support::Sandbox;
using support::Workspace;

std::string section(const Workspace& workspace, const char* name, const char* member) {
  const auto document = workspace.record_document();
  return json::Field(document, "release.json")[name][member].string();
}

// hey's view of a load that runs until its process is interrupted.
class Load {
 public:
  explicit Load(const std::string& url)
      : child_({.argv = {"hey", "-c", "4", "-q", "25", "-z", "10m", url}}) {}

  // The number of requests and how many were not answered by 2xx.
  std::pair<int, int> stop() {
    child_.signal_group(SIGINT);
    std::string report;
    std::string chunk(4096, '\0');
    for (auto count = ::read(child_.out(), chunk.data(), chunk.size()); count > 0;
         count = ::read(child_.out(), chunk.data(), chunk.size())) {
      report.append(chunk, 0, static_cast<std::size_t>(count));
    }
    child_.wait();
    return count(report);
  }

 private:
  static std::pair<int, int> count(const std::string& report) {
    int all = 0;
    int failed = 0;
    bool errors = false;
    for (const auto line : text::lines(report)) {
      if (line.starts_with("Error distribution")) errors = true;
      const auto trimmed = text::trim(line);
      const auto close = trimmed.find(']');
      if (!trimmed.starts_with('[') || close == std::string_view::npos) continue;
      const auto first = static_cast<int>(text::find_number(trimmed.substr(1, close - 1)).value_or(0));
      const auto rest = text::trim(trimmed.substr(close + 1));
      if (errors) {
        all += first;
        failed += first;
      } else if (rest.ends_with("responses")) {
        const auto number =
            static_cast<int>(text::find_number(rest.substr(0, rest.find(' '))).value_or(0));
        all += number;
        if (first / 100 != 2) failed += number;
      }
    }
    return {all, failed};
  }

  process::Child child_;
};

}  // namespace

TEST_CASE("a second release replaces the first without a failed request") {
  const Sandbox sandbox({.instances = 2});
  const Workspace workspace;
  REQUIRE(support::deploy(sandbox, workspace, {.version = "1.0.0"}) == 0);

  Load load(sandbox.endpoint("balancer") + "/");
  const std::string commit(40, 'b');
  CHECK(support::deploy(sandbox, workspace, {.version = "1.1.0", .commit = commit}) == 0);
  const auto [requests, failed] = load.stop();

  CHECK(requests > 100);
  CHECK(failed == 0);
  CHECK(section(workspace, "health", "status") == "healthy");
  CHECK(support::get(sandbox.endpoint("balancer") + "/actuator/info").find(commit) !=
        std::string::npos);
}

TEST_CASE("a release whose validation fails is rolled back and nobody notices") {
  const Sandbox sandbox({.instances = 2, .more = {"--tidy"}});
  const Workspace workspace;
  const std::string good(40, 'c');
  REQUIRE(support::deploy(sandbox, workspace, {.version = "1.0.0", .commit = good}) == 0);

  Load load(sandbox.endpoint("balancer") + "/");
  CHECK(support::deploy(sandbox, workspace,
                        {.version = "1.1.0", .commit = std::string(40, 'd'), .healthy = false}) == 6);
  const auto [requests, failed] = load.stop();

  CHECK(requests > 0);
  CHECK(failed == 0);
  CHECK(section(workspace, "health", "status") == "rolled_back");
  CHECK(support::get(sandbox.endpoint("balancer") + "/actuator/info").find(good) !=
        std::string::npos);
}

TEST_CASE("the failure names instance, lifecycle event, script and the script's last words") {
  const Sandbox sandbox;
  const Workspace workspace;
  workspace.prepare({.healthy = false});
  const auto at = workspace.path();
  REQUIRE(sandbox.run("s3-upload-bundle", {.arguments = {"--source", "deploy"}, .directory = at}).exit.ok());
  REQUIRE(sandbox.run("codedeploy-trigger", {.directory = at}).exit.ok());
  const auto ran = sandbox.run(
      "wait-healthy", {.arguments = {"--interval", "500ms", "--timeout", "2m"}, .directory = at});

  // The first deployment of a group has nothing to go back to.
  CHECK(ran.exit.code == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("i-") != std::string::npos);
  CHECK(ran.err.find("ValidateService") != std::string::npos);
  CHECK(ran.err.find("scripts/validate.sh") != std::string::npos);
  CHECK(ran.err.find("no connection to its database") != std::string::npos);
}

TEST_CASE("a fleet that never gets healthy is rolled back though its hooks passed") {
  const Sandbox sandbox({.instances = 1, .time_scale = 600});
  const Workspace workspace;
  const std::string good(40, 'e');
  REQUIRE(support::deploy(sandbox, workspace, {.commit = good}) == 0);
  CHECK(support::deploy(sandbox, workspace,
                        {.version = "1.1.0", .commit = std::string(40, 'f'), .serves_health = false}) == 6);
  CHECK(support::get(sandbox.endpoint("balancer") + "/actuator/info").find(good) !=
        std::string::npos);
}

TEST_CASE("two sandboxes run side by side and leave nothing behind") {
  std::string first_api;
  std::string second_api;
  {
    const Sandbox first;
    const Sandbox second;
    first_api = first.endpoint("api");
    second_api = second.endpoint("api");
    CHECK(first_api != second_api);
    const Workspace workspace;
    CHECK(support::deploy(second, workspace, {}) == 0);
    // Nothing is installed there: no usable target (503), or all unhealthy and asked anyway (502).
    CHECK(support::get(first.endpoint("balancer") + "/").starts_with("50"));
  }
  CHECK(support::get(first_api + "/_sandbox/health").starts_with("000"));
  CHECK(support::get(second_api + "/_sandbox/health").starts_with("000"));
  const auto containers = process::capture({.argv = {"docker", "ps", "-aq", "--filter", "label=stagecraft.sandbox"}});
  CHECK(containers.out.empty());
}
