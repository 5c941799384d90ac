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
#include "text/split.hpp"
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

// One attempt with some variables changed.
process::Captured run_aws(const Sandbox& sandbox, const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& changed = {}) {
  process::Command command;
  command.argv = {"/usr/bin/aws", "--endpoint-url", sandbox.endpoint("api")};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  auto environment = process::all_environment_variables();
  environment["AWS_MAX_ATTEMPTS"] = "1";
  for (const auto& [name, value] : sandbox.environment()) environment[name] = value;
  for (const auto& [name, value] : changed) environment[name] = value;
  command.environment = std::move(environment);
  return process::capture(command, {}, std::chrono::minutes(1));
}

// What aws prints when it is refused.
std::string refusal(const Sandbox& sandbox, const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& changed = {}) {
  const auto ran = run_aws(sandbox, arguments, changed);
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

// PUT with curl, which signs as well: this aws CLI has no option for conditional writes.
std::string conditional_put(const Sandbox& sandbox, const std::string& key,
                            const std::string& body) {
  const auto& variables = sandbox.environment();
  const auto url = sandbox.endpoint("api") + "/" + sandbox.endpoint("bucket") + "/" + key;
  process::Command command;
  command.argv = {"curl",
                  "-s",
                  "--aws-sigv4",
                  "aws:amz:us-east-1:s3",
                  "-u",
                  variables.at("AWS_ACCESS_KEY_ID") + ":" + variables.at("AWS_SECRET_ACCESS_KEY"),
                  "-H",
                  "x-amz-content-sha256: " + crypto::sha256_hex(body),
                  "-H",
                  "If-None-Match: *",
                  "-X",
                  "PUT",
                  "--data-binary",
                  body,
                  "-H",
                  "Content-Type: text/plain",
                  "-w",
                  "%{http_code}",
                  url};
  return process::capture(command, {}, std::chrono::minutes(1)).out;
}

void add_fault(const Sandbox& sandbox, std::vector<std::string> arguments) {
  std::vector<std::string> all{"fault", "add", "--dir", (sandbox.folder() / "sandbox").string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  REQUIRE(support::run_tool("deploy-sandbox", {.arguments = all}).exit.ok());
}

// How often each effect of a fault is in the event log.
std::map<std::string, int> faults_that_fired(const Sandbox& sandbox) {
  std::map<std::string, int> counts;
  for (const auto& event : sandbox.events()) {
    if (text_at(event, "/kind") == "fault") ++counts[text_at(event, "/effect")];
  }
  return counts;
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

TEST_CASE("aws sts assume-role gives keys that sign as that role and nothing else") {
  const Sandbox sandbox;
  const auto assume = [](const std::string& role) {
    return std::vector<std::string>{"sts",     "assume-role", "--role-session-name",
                                    "build-7", "--role-arn",  role};
  };
  const auto given = answer(sandbox, assume("arn:aws:iam::000000000000:role/deploy"));
  const std::string arn = "arn:aws:sts::000000000000:assumed-role/deploy/build-7";
  CHECK(text_at(given, "/AssumedRoleUser/Arn") == arn);
  std::map<std::string, std::string> keys{
      {"AWS_ACCESS_KEY_ID", text_at(given, "/Credentials/AccessKeyId")},
      {"AWS_SECRET_ACCESS_KEY", text_at(given, "/Credentials/SecretAccessKey")},
      {"AWS_SESSION_TOKEN", text_at(given, "/Credentials/SessionToken")}};

  const auto identity = run_aws(sandbox, {"sts", "get-caller-identity"}, keys);
  CHECK(identity.out.find(arn) != std::string::npos);
  CHECK(run_aws(sandbox, {"s3", "ls", "s3://" + sandbox.endpoint("bucket")}, keys).exit.ok());
  CHECK(run_aws(sandbox, {"deploy", "list-applications"}, keys).exit.ok());
  // A presigned address carries the token, too.
  const auto uri = "s3://" + sandbox.endpoint("bucket") + "/none";
  const auto presigned = run_aws(sandbox, {"s3", "presign", uri}, keys);
  CHECK(support::get(std::string(text::trim(presigned.out))).starts_with("404 "));

  keys["AWS_SESSION_TOKEN"] = "dG9rZW4=";
  CHECK(refusal(sandbox, {"sts", "get-caller-identity"}, keys).find("InvalidClientTokenId") !=
        std::string::npos);
  CHECK(refusal(sandbox, assume("arn:aws:iam::111111111111:role/deploy")).find("AccessDenied") !=
        std::string::npos);
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

TEST_CASE("aws s3api uploads in parts, lists them, and finds the composed checksum") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const auto bucket = sandbox.endpoint("bucket");
  const std::vector<std::string> place{"--bucket", bucket, "--key", "parts"};
  const auto s3api = [&](const std::string& operation, std::vector<std::string> more) {
    std::vector<std::string> arguments{"s3api", operation};
    arguments.insert(arguments.end(), place.begin(), place.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const auto created =
      answer(sandbox, s3api("create-multipart-upload", {"--checksum-algorithm", "SHA256"}));
  const auto id = text_at(created, "/UploadId");
  std::string parts;
  for (const std::size_t size : {std::size_t{5U << 20U}, std::size_t{1000}}) {
    const auto number = std::to_string(parts.empty() ? 1 : 2);
    const auto part =
        answer(sandbox, s3api("upload-part", {"--upload-id", id, "--part-number", number, "--body",
                                              random_file(folder, size).string(),
                                              "--checksum-algorithm", "SHA256"}));
    parts += (parts.empty() ? "" : ",") + std::string("{\"PartNumber\":") + number +
             ",\"ETag\":" + json::write(json::Value(text_at(part, "/ETag"))) +
             ",\"ChecksumSHA256\":\"" + text_at(part, "/ChecksumSHA256") + "\"}";
  }
  const auto uploads =
      answer(sandbox, {"s3api", "list-multipart-uploads", "--bucket", bucket, "--prefix", "parts"});
  CHECK(text_at(uploads, "/Uploads/0/UploadId") == id);
  CHECK(text_at(uploads, "/Uploads/0/ChecksumAlgorithm") == "SHA256");
  const auto listed = answer(sandbox, s3api("list-parts", {"--upload-id", id, "--max-items", "1"}));
  CHECK(listed.find("Parts")->find_array()->size() == 1);
  CHECK_FALSE(text_at(listed, "/NextToken").empty());

  const auto complete = s3api("complete-multipart-upload", {"--upload-id", id, "--multipart-upload",
                                                            "{\"Parts\":[" + parts + "]}"});
  const auto done = answer(sandbox, complete);
  CHECK(text_at(done, "/ChecksumSHA256").ends_with("-2"));
  CHECK(text_at(done, "/ETag").ends_with("-2\""));
  CHECK(refusal(sandbox, complete).find("NoSuchUpload") != std::string::npos);
  const auto head = answer(sandbox, s3api("head-object", {"--checksum-mode", "ENABLED"}));
  CHECK(text_at(head, "/ChecksumSHA256") == text_at(done, "/ChecksumSHA256"));
}

TEST_CASE("aws s3api sees versions come, go and become null under suspended versioning") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const auto source = random_file(folder, 100).string();
  const std::vector<std::string> put{"s3api", "put-object", "--bucket", "states",
                                     "--key", "k",          "--body",   source};
  const auto version_of_put = [&] { return text_at(answer(sandbox, put), "/VersionId"); };
  const auto set_versioning = [&](const std::string& status) {
    sandbox.aws({"s3api", "put-bucket-versioning", "--bucket", "states",
                 "--versioning-configuration", "Status=" + status});
  };
  sandbox.aws({"s3api", "create-bucket", "--bucket", "states"});
  CHECK(sandbox.aws({"s3api", "get-bucket-versioning", "--bucket", "states"}).empty());
  CHECK(version_of_put().empty());
  set_versioning("Enabled");
  const auto second = version_of_put();
  CHECK(second.size() > 4);
  set_versioning("Suspended");
  CHECK(version_of_put() == "null");

  sandbox.aws({"s3api", "delete-object", "--bucket", "states", "--key", "k"});
  const auto all = answer(sandbox, {"s3api", "list-object-versions", "--bucket", "states"});
  CHECK(all.find("Versions")->find_array()->size() == 1);
  CHECK(text_at(all, "/Versions/0/VersionId") == second);
  CHECK(text_at(all, "/DeleteMarkers/0/VersionId") == "null");
  sandbox.aws({"s3api", "get-object", "--bucket", "states", "--key", "k", "--version-id", second,
               (folder.path() / "copy").string()});
  CHECK(file::read(folder.path() / "copy") == file::read(source));
}

TEST_CASE("aws s3api follows the redirect to a bucket in another region") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const auto source = random_file(folder, 100).string();
  sandbox.aws({"s3api", "create-bucket", "--bucket", "irish", "--create-bucket-configuration",
               "LocationConstraint=eu-west-1"});
  const auto location = answer(sandbox, {"s3api", "get-bucket-location", "--bucket", "irish"});
  CHECK(text_at(location, "/LocationConstraint") == "eu-west-1");
  sandbox.aws({"s3api", "put-object", "--bucket", "irish", "--key", "k", "--body", source});
  sandbox.aws({"s3api", "head-object", "--bucket", "irish", "--key", "k"});
  sandbox.aws(
      {"--region", "eu-central-1", "s3api", "head-object", "--bucket", "irish", "--key", "k"});
  const auto log = file::read(sandbox.folder() / "sandbox" / "requests.ndjson");
  CHECK(log.find("\"error\":\"PermanentRedirect\"") != std::string::npos);
  CHECK(log.find("\"error\":\"AuthorizationHeaderMalformed\"") != std::string::npos);
}

TEST_CASE("aws s3api tags, encrypts and copies, and hears what S3 refuses") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const auto bucket = sandbox.endpoint("bucket");
  const std::vector<std::string> put{
      "s3api", "put-object", "--bucket", bucket,
      "--key", "k",          "--body",   random_file(folder, 10).string()};
  const auto with = [&put](std::vector<std::string> more) {
    auto arguments = put;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const auto stored =
      answer(sandbox, with({"--tagging", "team=shop", "--server-side-encryption", "aws:kms",
                            "--ssekms-key-id", "1234", "--storage-class", "STANDARD_IA", "--acl",
                            "bucket-owner-full-control", "--checksum-algorithm", "CRC32C"}));
  CHECK(text_at(stored, "/SSEKMSKeyId").ends_with(":key/1234"));
  CHECK_FALSE(text_at(stored, "/ChecksumCRC32C").empty());
  const auto tags =
      answer(sandbox, {"s3api", "get-object-tagging", "--bucket", bucket, "--key", "k"});
  CHECK(text_at(tags, "/TagSet/0/Value") == "shop");
  sandbox.aws({"s3api", "put-object-tagging", "--bucket", bucket, "--key", "k", "--tagging",
               "TagSet=[{Key=a,Value=b}]"});
  sandbox.aws({"s3api", "copy-object", "--bucket", bucket, "--key", "copy", "--copy-source",
               bucket + "/k"});
  const auto copy =
      answer(sandbox, {"s3api", "get-object-tagging", "--bucket", bucket, "--key", "copy"});
  CHECK(text_at(copy, "/TagSet/0/Key") == "a");
  sandbox.aws(
      {"s3api", "delete-objects", "--bucket", bucket, "--delete", "Objects=[{Key=k},{Key=copy}]"});

  struct Case {
    std::vector<std::string> options;
    std::string code;
  };
  for (const auto& each :
       {Case{{"--acl", "public-read"}, "AccessControlListNotSupported"},
        Case{{"--tagging", "a=1&a=2"}, "InvalidTag"},
        Case{{"--storage-class", "COLD"}, "InvalidStorageClass"},
        Case{{"--server-side-encryption", "aws:kms", "--ssekms-key-id", "key/denied"},
             "kms:GenerateDataKey"}}) {
    CAPTURE(each.code);
    CHECK(refusal(sandbox, with(each.options)).find(each.code) != std::string::npos);
  }
}

TEST_CASE("a conditional write happens once") {
  const Sandbox sandbox;
  CHECK(conditional_put(sandbox, "once", "first").ends_with("200"));
  CHECK(conditional_put(sandbox, "once", "second").find("PreconditionFailed") != std::string::npos);
  add_fault(sandbox, {"--operation", "PutObject", "--status", "409", "--code",
                      "ConditionalRequestConflict"});
  CHECK(conditional_put(sandbox, "other", "x").find("ConditionalRequestConflict") !=
        std::string::npos);
  CHECK(conditional_put(sandbox, "other", "x").ends_with("200"));
}

TEST_CASE("faults befall the requests they were asked for, and the event log tells") {
  const Sandbox sandbox;
  const file::TempDir folder("aws-cli");
  const auto bucket = sandbox.endpoint("bucket");
  const auto source = random_file(folder, 100).string();
  const auto put = [&](const std::string& key) {
    return std::vector<std::string>{"s3api", "put-object", "--bucket", bucket,
                                    "--key", key,          "--body",   source};
  };
  const auto head = [&](const std::string& key) {
    return std::vector<std::string>{"s3api", "head-object", "--bucket", bucket, "--key", key};
  };
  add_fault(sandbox,
            {"--operation", "PutObject", "--times", "2", "--status", "503", "--code", "SlowDown"});
  sandbox.aws(put("retried"));
  add_fault(sandbox, {"--operation", "PutObject", "--drop", "after"});
  CHECK(refusal(sandbox, put("stored")).find("Connection was closed") != std::string::npos);
  sandbox.aws(head("stored"));
  add_fault(sandbox, {"--operation", "PutObject", "--drop", "before"});
  CHECK(refusal(sandbox, put("absent")).find("onnection") != std::string::npos);
  CHECK(refusal(sandbox, head("absent")).find("404") != std::string::npos);
  add_fault(sandbox, {"--operation", "ListBuckets", "--clock-skew", "20m"});
  CHECK(refusal(sandbox, {"s3api", "list-buckets"}).find("RequestTimeTooSkewed") !=
        std::string::npos);
  add_fault(sandbox, {"--operation", "CopyObject", "--error-in-200", "SlowDown", "--times", "0"});
  CHECK(refusal(sandbox, {"s3api", "copy-object", "--bucket", bucket, "--key", "copy",
                          "--copy-source", bucket + "/stored"})
            .find("calling the CopyObject operation") != std::string::npos);
  add_fault(sandbox, {"--service", "codedeploy", "--status", "400", "--code", "ThrottlingException",
                      "--message", "Rate exceeded"});
  CHECK(refusal(sandbox, {"deploy", "list-applications"}).find("Rate exceeded") !=
        std::string::npos);

  const auto fired = faults_that_fired(sandbox);
  CHECK(fired.at("503 SlowDown") == 2);
  CHECK(fired.at("drop after") == 1);
  CHECK(fired.at("drop before") == 1);
  CHECK(fired.at("clock +1200 s") == 1);
  CHECK(fired.at("200 SlowDown") == 1);
  CHECK(fired.at("400 ThrottlingException") == 1);
}

TEST_CASE("aws deploy push bundles, uploads and registers a revision") {
  const Sandbox sandbox;
  const Workspace workspace;
  workspace.prepare({});
  const auto& variables = sandbox.environment();
  const auto application = variables.at("STAGECRAFT_APP");
  process::Command command;
  command.argv = {(support::source_tree() / "tests/bench/aws_with_endpoint").string(),
                  "deploy",
                  "push",
                  "--application-name",
                  application,
                  "--description",
                  "pushed",
                  "--s3-location",
                  "s3://" + sandbox.endpoint("bucket") + "/pushed.zip",
                  "--source",
                  (workspace.path() / "deploy").string()};
  auto environment = process::all_environment_variables();
  for (const auto& [name, value] : variables) environment[name] = value;
  command.environment = std::move(environment);
  const auto pushed = process::capture(command, {}, std::chrono::minutes(1));
  CAPTURE(pushed.err);
  REQUIRE(pushed.exit.ok());

  const auto listed =
      answer(sandbox, {"deploy", "list-application-revisions", "--application-name", application});
  CHECK(text_at(listed, "/revisions/0/s3Location/key") == "pushed.zip");
  const auto location = "bucket=" + sandbox.endpoint("bucket") + ",key=again.zip,bundleType=zip";
  sandbox.aws({"deploy", "register-application-revision", "--application-name", application,
               "--description", "by hand", "--s3-location", location});
  const auto got = answer(sandbox, {"deploy", "get-application-revision", "--application-name",
                                    application, "--s3-location", location});
  CHECK(text_at(got, "/revisionInfo/description") == "by hand");
  const auto batch =
      answer(sandbox, {"deploy", "batch-get-application-revisions", "--application-name",
                       application, "--revisions", json::write(*listed.find("revisions"))});
  CHECK(text_at(batch, "/revisions/0/genericRevisionInfo/description") == "pushed");
}
