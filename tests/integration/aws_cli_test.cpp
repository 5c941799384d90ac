// SPDX-License-Identifier: Apache-2.0
//
// Debian's aws CLI as the independent client of the sandbox's APIs: it signs, sends and parses with
// nothing of ours.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "json/value.hpp"
#include "process/environment.hpp"
#include "support/sandbox_fixture.hpp"
#include "timing/clock.hpp"

namespace {

using support::Sandbox;
using support::Workspace;

json::Value answer(const Sandbox& sandbox, std::vector<std::string> arguments) {
  return json::parse(sandbox.aws(std::move(arguments)), "answer of aws");
}

std::string text_at(const json::Value& document, std::string_view pointer) {
  const auto* value = document.find_pointer(pointer);
  return value == nullptr || value->find_string() == nullptr ? "" : *value->find_string();
}

// What aws prints when it is refused, with some variables changed.
std::string refusal(const Sandbox& sandbox, const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& changed = {}) {
  process::Command command;
  command.argv = {"/usr/bin/aws", "--endpoint-url", sandbox.endpoint("api")};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  auto environment = process::all_environment_variables();
  environment["AWS_MAX_ATTEMPTS"] = "1";
  for (const auto& [name, value] : sandbox.environment()) environment[name] = value;
  for (const auto& [name, value] : changed) environment[name] = value;
  command.environment = std::move(environment);
  const auto ran = process::capture(command, {}, std::chrono::minutes(1));
  CHECK_FALSE(ran.exit.ok());
  return ran.err;
}

// A file of `size` bytes without a repeating pattern.
std::filesystem::path random_file(const file::TempDir& folder, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += crypto::random_hex(1U << 16U);
  bytes.resize(size);
  auto path = folder.path() / std::to_string(size);
  support::write_file(path, bytes);
  return path;
}

std::string status_of(const Sandbox& sandbox, const std::string& deployment) {
  const auto info = answer(sandbox, {"deploy", "get-deployment", "--deployment-id", deployment});
  return text_at(info, "/deploymentInfo/status");
}

std::string wait_for_end(const Sandbox& sandbox, const std::string& deployment) {
  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + std::chrono::minutes(2);
  while (clock.steady_now() < deadline) {
    const auto status = status_of(sandbox, deployment);
    if (status == "Succeeded" || status == "Failed" || status == "Stopped") return status;
    clock.sleep_for(std::chrono::milliseconds(300), {});
  }
  return "still running";
}

// Uploads the workspace's bundle with our tool and deploys it with theirs.
std::string create_deployment(const Sandbox& sandbox, const Workspace& workspace) {
  workspace.prepare({});
  const auto uploaded = sandbox.run(
      "s3-upload-bundle", {.arguments = {"--source", "deploy"}, .directory = workspace.path()});
  REQUIRE(uploaded.exit.ok());
  const auto record = workspace.record_document();
  const auto location = "bucket=" + text_at(record, "/bundle/bucket") +
                        ",key=" + text_at(record, "/bundle/key") +
                        ",bundleType=zip,version=" + text_at(record, "/bundle/version_id") +
                        ",eTag=" + text_at(record, "/bundle/etag");
  const auto& environment = sandbox.environment();
  const auto created =
      answer(sandbox, {"deploy", "create-deployment", "--application-name",
                       environment.at("STAGECRAFT_APP"), "--deployment-group-name",
                       environment.at("STAGECRAFT_GROUP"), "--s3-location", location});
  return text_at(created, "/deploymentId");
}

}  // namespace

TEST_CASE("aws s3 cp brings small and multipart objects up and down unchanged") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const std::string bucket = "s3://" + sandbox.endpoint("bucket");
  for (const std::size_t size : {std::size_t{1024}, std::size_t{20'000'000}}) {
    CAPTURE(size);
    const auto source = random_file(folder, size);
    const auto copy = folder.path() / "copy";
    const auto url = bucket + "/a b/\xC3\xBC+%2F " + std::to_string(size);
    sandbox.aws({"s3", "cp", "--quiet", source.string(), url});
    sandbox.aws({"s3", "cp", "--quiet", url, copy.string()});
    CHECK(crypto::sha256_hex(file::read(copy, 32U << 20U)) ==
          crypto::sha256_hex(file::read(source, 32U << 20U)));
  }
  const auto head = answer(sandbox, {"s3api", "head-object", "--bucket", sandbox.endpoint("bucket"),
                                     "--key", "a b/\xC3\xBC+%2F 20000000"});
  CHECK(head.find("ContentLength")->find_int() != nullptr);
  CHECK(text_at(head, "/ETag").ends_with("-3\""));
  CHECK_FALSE(text_at(head, "/VersionId").empty());

  const auto listed = answer(sandbox, {"s3api", "list-objects-v2", "--bucket",
                                       sandbox.endpoint("bucket"), "--prefix", "a b/"});
  CHECK(listed.find("Contents")->find_array()->size() == 2);
}

TEST_CASE("aws deploy creates, gets, lists and batch-gets a deployment to its end") {
  const Sandbox sandbox;
  const Workspace workspace;
  const auto id = create_deployment(sandbox, workspace);
  CHECK(id.starts_with("d-"));
  CHECK(wait_for_end(sandbox, id) == "Succeeded");

  const auto named = [&id](const char* operation) {
    return std::vector<std::string>{"deploy", operation, "--deployment-id", id};
  };
  const auto targets = answer(sandbox, named("list-deployment-targets"));
  const auto& ids = *targets.find("targetIds")->find_array();
  REQUIRE_FALSE(ids.empty());
  auto batch_targets = named("batch-get-deployment-targets");
  batch_targets.emplace_back("--target-ids");
  for (const auto& target : ids) batch_targets.push_back(*target.find_string());
  const auto described = answer(sandbox, batch_targets);
  CHECK(described.find("deploymentTargets")->find_array()->size() == ids.size());
  CHECK(text_at(described,
                "/deploymentTargets/0/instanceTarget/lifecycleEvents/0/diagnostics/errorCode") ==
        "Success");

  const auto batch = answer(sandbox, {"deploy", "batch-get-deployments", "--deployment-ids", id});
  CHECK(text_at(batch, "/deploymentsInfo/0/status") == "Succeeded");
  const auto& environment = sandbox.environment();
  const auto listed =
      answer(sandbox, {"deploy", "list-deployments", "--application-name",
                       environment.at("STAGECRAFT_APP"), "--deployment-group-name",
                       environment.at("STAGECRAFT_GROUP"), "--include-only-statuses", "Succeeded"});
  CHECK(json::write(*listed.find("deployments")) == "[\"" + id + "\"]");
  sandbox.aws({"deploy", "wait", "deployment-successful", "--deployment-id", id});
  CHECK(refusal(sandbox, named("stop-deployment")).find("DeploymentAlreadyCompletedException") !=
        std::string::npos);
}

TEST_CASE("aws deploy stop-deployment ends a running deployment and frees the group") {
  const Sandbox sandbox({.time_scale = 1});
  const Workspace workspace;
  const auto id = create_deployment(sandbox, workspace);
  const auto stopped = answer(
      sandbox, {"deploy", "stop-deployment", "--deployment-id", id, "--no-auto-rollback-enabled"});
  CHECK(text_at(stopped, "/status") == "Pending");
  CHECK(wait_for_end(sandbox, id) == "Stopped");
  CHECK(create_deployment(sandbox, workspace) != id);
}

TEST_CASE("aws deploy makes, shows and refuses applications and groups") {
  const Sandbox sandbox;
  sandbox.aws({"deploy", "create-application", "--application-name", "second"});
  const auto listed = answer(sandbox, {"deploy", "list-applications"});
  CHECK(listed.find("applications")->find_array()->size() == 2);
  CHECK(refusal(sandbox, {"deploy", "create-application", "--application-name", "second"})
            .find("ApplicationAlreadyExistsException") != std::string::npos);

  const auto& environment = sandbox.environment();
  const auto group = answer(sandbox, {"deploy", "get-deployment-group", "--application-name",
                                      environment.at("STAGECRAFT_APP"), "--deployment-group-name",
                                      environment.at("STAGECRAFT_GROUP")});
  CHECK(text_at(group, "/deploymentGroupInfo/deploymentStyle/deploymentType") == "BLUE_GREEN");
  CHECK(refusal(sandbox, {"deploy", "get-deployment", "--deployment-id", "d-000000000"})
            .find("DeploymentDoesNotExistException") != std::string::npos);
}

TEST_CASE("aws elbv2 and autoscaling describe the same instances") {
  const Sandbox sandbox({.instances = 2});
  const auto identity = answer(sandbox, {"sts", "get-caller-identity"});
  CHECK(text_at(identity, "/Account") == "000000000000");

  const auto groups = answer(sandbox, {"elbv2", "describe-target-groups", "--names", "web"});
  const auto arn = text_at(groups, "/TargetGroups/0/TargetGroupArn");
  CHECK(text_at(groups, "/TargetGroups/0/HealthCheckPath") == "/actuator/health");
  const auto fleet = answer(sandbox, {"autoscaling", "describe-auto-scaling-groups"});
  CHECK(text_at(fleet, "/AutoScalingGroups/0/TargetGroupARNs/0") == arn);
  const auto& instances = *fleet.find_pointer("/AutoScalingGroups/0/Instances")->find_array();
  CHECK(instances.size() == 2);

  for (const auto& instance : instances) {
    const auto id = text_at(instance, "/InstanceId");
    const auto health = answer(sandbox, {"elbv2", "describe-target-health", "--target-group-arn",
                                         arn, "--targets", "Id=" + id});
    CHECK(text_at(health, "/TargetHealthDescriptions/0/Target/Id") == id);
    CHECK(text_at(health, "/TargetHealthDescriptions/0/TargetHealth/State") != "unused");
  }
  const auto absent = answer(sandbox, {"elbv2", "describe-target-health", "--target-group-arn", arn,
                                       "--targets", "Id=i-00000000000000000"});
  CHECK(text_at(absent, "/TargetHealthDescriptions/0/TargetHealth/Reason") ==
        "Target.NotRegistered");
  CHECK(refusal(sandbox, {"elbv2", "describe-target-groups", "--names", "absent"})
            .find("TargetGroupNotFound") != std::string::npos);
}

TEST_CASE("a wrong key, secret or session token is refused in each service's words") {
  const Sandbox sandbox;
  struct Case {
    std::vector<std::string> arguments;
    std::string wrong_key;
    std::string wrong_secret;
    std::string token;
  };
  const std::vector<Case> cases{
      {{"s3api", "list-buckets"}, "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"},
      {{"deploy", "list-applications"},
       "UnrecognizedClientException",
       "InvalidSignatureException",
       "UnrecognizedClientException"},
      {{"elbv2", "describe-target-groups"},
       "InvalidClientTokenId",
       "SignatureDoesNotMatch",
       "InvalidClientTokenId"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.arguments.front());
    const auto contains = [&](const char* variable, const std::string& code) {
      const auto text = refusal(sandbox, each.arguments, {{variable, "AKIAWRONG"}});
      return text.find("(" + code + ")") != std::string::npos;
    };
    CHECK(contains("AWS_ACCESS_KEY_ID", each.wrong_key));
    CHECK(contains("AWS_SECRET_ACCESS_KEY", each.wrong_secret));
    CHECK(contains("AWS_SESSION_TOKEN", each.token));
  }
}

TEST_CASE("what does not match its checksum or owner is not stored") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const auto source = random_file(folder, 1000).string();
  const std::vector<std::string> put{"s3api", "put-object", "--bucket", sandbox.endpoint("bucket"),
                                     "--key", "k",          "--body",   source};
  const auto refused_with = [&](const std::string& option, const std::string& value) {
    auto arguments = put;
    arguments.push_back(option);
    arguments.push_back(value);
    return refusal(sandbox, arguments);
  };
  CHECK(refused_with("--content-md5", "AAAAAAAAAAAAAAAAAAAAAA==").find("BadDigest") !=
        std::string::npos);
  CHECK(refused_with("--checksum-crc32", "AAAAAA==").find("BadDigest") != std::string::npos);
  CHECK(refused_with("--expected-bucket-owner", "111111111111").find("AccessDenied") !=
        std::string::npos);
  CHECK(refusal(sandbox,
                {"s3api", "head-object", "--bucket", sandbox.endpoint("bucket"), "--key", "k"})
            .find("404") != std::string::npos);
}
