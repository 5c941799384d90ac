// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "file/file.hpp"
#include "json/field.hpp"
#include "support/fault_proxy.hpp"
#include "support/sandbox_fixture.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace {

using support::first_line;
using support::Sandbox;
using support::ToolCall;
using support::Workspace;

// A workspace whose bundle is in the sandbox's bucket.
struct Uploaded {
  explicit Uploaded(const Sandbox& sandbox, const std::string& format = "zip") {
    workspace.prepare({.version = "1.2.3"});
    const auto ran = sandbox.run(
        "s3-upload-bundle",
        {.arguments = {"--source", "deploy", "--format", format}, .directory = workspace.path()});
    INFO(ran.err);
    REQUIRE(ran.exit.ok());
  }

  ToolCall call(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--log-level", "warning"});
    return {.arguments = std::move(more), .directory = workspace.path()};
  }

  std::string record() const { return file::read(workspace.record()); }

  Workspace workspace;
};

std::string text_at(const json::Value& document, std::string_view pointer) {
  const auto* value = document.find_pointer(pointer);
  return value == nullptr || value->find_string() == nullptr ? "" : *value->find_string();
}

std::string without_line_end(const std::string& text) { return std::string(text::trim(text)); }

json::Value deployments(const Sandbox& sandbox) {
  const auto& environment = sandbox.environment();
  return json::parse(sandbox.aws({"deploy", "list-deployments", "--application-name",
                                  environment.at("STAGECRAFT_APP"), "--deployment-group-name",
                                  environment.at("STAGECRAFT_GROUP")}),
                     "aws");
}

std::size_t deployment_count(const Sandbox& sandbox) {
  return deployments(sandbox).find("deployments")->find_array()->size();
}

}  // namespace

TEST_CASE("a deployment is created of exactly the recorded bytes, and the next one finds it busy") {
  const Sandbox sandbox({.time_scale = 1});
  const Uploaded uploaded(sandbox);

  const auto plan = sandbox.run("codedeploy-trigger", uploaded.call({"--dry-run"}));
  CHECK(plan.exit.ok());
  CHECK(text_at(json::parse(plan.out, "stdout"), "/revision/s3Location/bundleType") == "zip");
  CHECK(deployment_count(sandbox) == 0);

  const auto ran =
      sandbox.run("codedeploy-trigger", uploaded.call({"--description", "first release"}));
  INFO(ran.err);
  REQUIRE(ran.exit.ok());
  const auto id = without_line_end(ran.out);
  CHECK(id.starts_with("d-"));

  const auto recorded = uploaded.workspace.record_document();
  const auto described =
      json::parse(sandbox.aws({"deploy", "get-deployment", "--deployment-id", id}), "aws");
  const auto location = "/deploymentInfo/revision/s3Location";
  CHECK(text_at(recorded, "/deployment/deployment_id") == id);
  CHECK(text_at(described, std::string(location) + "/key") == text_at(recorded, "/bundle/key"));
  CHECK(text_at(described, std::string(location) + "/version") ==
        text_at(recorded, "/bundle/version_id"));
  CHECK(text::replace_all(text_at(described, std::string(location) + "/eTag"), "\"", "") ==
        text_at(recorded, "/bundle/etag"));
  CHECK(text_at(described, "/deploymentInfo/description").starts_with("first release key="));

  const auto before = uploaded.record();
  const auto second = sandbox.run("codedeploy-trigger", uploaded.call());
  CHECK(second.exit.code == 8);
  CHECK(second.out.empty());
  CHECK(first_line(second.err).find(id + " is still active") != std::string::npos);
  CHECK(uploaded.record() == before);
  CHECK(deployment_count(sandbox) == 1);
}

TEST_CASE("a bundle that is a tgz is deployed as one") {
  const Sandbox sandbox({.time_scale = 1});
  const Uploaded uploaded(sandbox, "tgz");

  const auto plan = sandbox.run("codedeploy-trigger", uploaded.call({"--dry-run"}));

  CHECK(plan.exit.ok());
  CHECK(text_at(json::parse(plan.out, "stdout"), "/revision/s3Location/bundleType") == "tgz");
}

TEST_CASE("a deployment whose answer was lost is found and not created again") {
  const Sandbox sandbox({.time_scale = 1});
  const Uploaded uploaded(sandbox);
  std::atomic<int> created{0};
  const support::FaultProxy proxy(
      sandbox.endpoint("api"), [&created](const support::PassingRequest& request) {
        const bool hits =
            request.head.find("CodeDeploy_20141006.CreateDeployment") != std::string::npos;
        const bool first = hits && ++created == 1;
        return support::Fault{.kind = first ? support::Fault::Kind::lose_answer
                                            : support::Fault::Kind::none};
      });

  auto call = uploaded.call();
  call.environment["AWS_ENDPOINT_URL"] = proxy.url();
  const auto ran = sandbox.run("codedeploy-trigger", call);

  INFO(ran.err);
  CHECK(ran.exit.ok());
  CHECK(created == 1);
  const auto listed = deployments(sandbox);
  REQUIRE(listed.find("deployments")->find_array()->size() == 1);
  CHECK(without_line_end(ran.out) == text_at(listed, "/deployments/0"));
}

TEST_CASE("what CodeDeploy refuses is told with the next thing to try, and nothing is recorded") {
  const Sandbox sandbox;
  const Uploaded uploaded(sandbox);
  const auto before = uploaded.record();

  const auto unknown = sandbox.run("codedeploy-trigger", uploaded.call({"--app", "no-such-app"}));
  CHECK(unknown.exit.code == 1);
  CHECK(first_line(unknown.err).find("ApplicationDoesNotExistException") != std::string::npos);
  CHECK(unknown.err.find("check the application's name and the region") != std::string::npos);

  auto forged = uploaded.call();
  forged.environment["AWS_SECRET_ACCESS_KEY"] = "not-the-secret";
  CHECK(sandbox.run("codedeploy-trigger", forged).exit.code == 3);

  auto unreachable = uploaded.call();
  unreachable.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
  CHECK(sandbox.run("codedeploy-trigger", unreachable).exit.code == 4);

  const auto bad_value =
      sandbox.run("codedeploy-trigger", uploaded.call({"--file-exists", "MAYBE"}));
  CHECK(bad_value.exit.code == 2);

  CHECK(uploaded.record() == before);
  CHECK(deployment_count(sandbox) == 0);
}

TEST_CASE("a record without a bundle is a call out of order") {
  const Workspace workspace;
  workspace.prepare({});

  const auto ran = support::run_tool(
      "codedeploy-trigger",
      {.arguments = {"--app", "a", "--group", "g", "--log-level", "warning"},
       .environment = {{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "planted-secret"}},
       .directory = workspace.path()});

  CHECK(ran.exit.code == 2);
  CHECK(ran.err.find("run s3-upload-bundle first") != std::string::npos);
}
