// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "support/sandbox_fixture.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace {

using support::first_line;
using support::Sandbox;
using support::ToolCall;
using support::Workspace;

struct Prepared {
  Prepared() { workspace.prepare({.version = "1.2.3"}); }

  ToolCall call(std::vector<std::string> more = {}) const {
    ToolCall call{.arguments = {"--source", "deploy", "--log-level", "warning"},
                  .directory = workspace.path()};
    call.arguments.insert(call.arguments.end(), more.begin(), more.end());
    return call;
  }

  std::string record() const { return file::read(workspace.record()); }

  Workspace workspace;
};

json::Value result_of(const process::Captured& ran) { return json::parse(ran.out, "stdout"); }

std::string text_at(const json::Value& document, std::string_view pointer) {
  const auto* value = document.find_pointer(pointer);
  return value == nullptr || value->find_string() == nullptr ? "" : *value->find_string();
}

// Settings that reach no server; port 1 is never bound.
ToolCall without_server(ToolCall call) {
  call.environment = {{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"},
                      {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                      {"AWS_SECRET_ACCESS_KEY", "planted-secret"},
                      {"AWS_REGION", "eu-central-1"},
                      {"STAGECRAFT_BUNDLE_TO", "s3://bundles/shop/"}};
  return call;
}

}  // namespace

TEST_CASE("a bundle is uploaded once, and the stock client finds in S3 what the record says") {
  const Sandbox sandbox;
  const Prepared prepared;

  const auto first = sandbox.run("s3-upload-bundle", prepared.call({"--output", "json"}));
  INFO(first.err);
  REQUIRE(first.exit.ok());
  const auto uploaded = result_of(first);
  const auto again = sandbox.run("s3-upload-bundle", prepared.call({"--output", "json"}));
  const auto plain = sandbox.run("s3-upload-bundle", prepared.call());

  const auto recorded = prepared.workspace.record_document();
  const auto bucket = text_at(recorded, "/bundle/bucket");
  const auto key = text_at(recorded, "/bundle/key");
  const auto version = text_at(recorded, "/bundle/version_id");
  CHECK(key == "example-app/" + text_at(recorded, "/bundle/sha256").substr(0, 16) + ".zip");
  CHECK(*uploaded.find_pointer("/uploaded")->find_bool());
  CHECK_FALSE(*result_of(again).find_pointer("/uploaded")->find_bool());
  CHECK(text_at(result_of(again), "/version_id") == version);
  CHECK(plain.out == "s3://" + bucket + "/" + key + "?versionId=" + version + "\n");

  const auto copy = prepared.workspace.path() / "copy.zip";
  const auto got = json::parse(sandbox.aws({"s3api", "get-object", "--bucket", bucket, "--key", key,
                                            "--version-id", version, copy.string()}),
                               "aws");
  CHECK(text_at(got, "/ETag") == "\"" + text_at(recorded, "/bundle/etag") + "\"");
  CHECK(crypto::sha256_hex(file::read(copy)) == text_at(recorded, "/bundle/sha256"));
  CHECK(process::capture({.argv = {"unzip", "-tqq", copy.string()}}).exit.ok());
  const auto env = process::capture({.argv = {"unzip", "-p", copy.string(), "release.env"}});
  CHECK(first_line(env.out) == "IMAGE=127.0.0.1:1/shop@sha256:" + std::string(64, '1'));
}

TEST_CASE("what S3 refuses is told in one line, and the record stays as it was") {
  const Sandbox sandbox;
  const Prepared prepared;
  const auto before = prepared.record();

  auto wrong_secret = prepared.call();
  wrong_secret.environment["AWS_SECRET_ACCESS_KEY"] = "not-the-secret";
  const auto forged = sandbox.run("s3-upload-bundle", wrong_secret);
  CHECK(forged.exit.code == 3);
  CHECK(first_line(forged.err).find("SignatureDoesNotMatch") != std::string::npos);
  CHECK(forged.err.find("not-the-secret") == std::string::npos);

  const auto nowhere = sandbox.run("s3-upload-bundle", prepared.call({"--to", "s3://no-such/"}));
  CHECK(nowhere.exit.code == 1);
  CHECK(first_line(nowhere.err).find("NoSuchBucket") != std::string::npos);

  const auto plan = sandbox.run("s3-upload-bundle", prepared.call({"-n", "--output", "json"}));
  REQUIRE(plan.exit.ok());
  const auto key = text_at(result_of(plan), "/key");
  const auto bucket = text_at(result_of(plan), "/bucket");
  const auto other = prepared.workspace.path() / "other";
  support::write_file(other, "other bytes");
  sandbox.aws({"s3api", "put-object", "--bucket", bucket, "--key", key, "--body", other.string()});
  const auto occupied = sandbox.run("s3-upload-bundle", prepared.call());
  CHECK(occupied.exit.code == 8);
  CHECK(first_line(occupied.err).find("other content") != std::string::npos);

  for (const auto& ran : {forged, nowhere, occupied}) CHECK(ran.out.empty());
  CHECK(prepared.record() == before);
}

TEST_CASE("a bundle that would fail on the instances is not sent anywhere") {
  const Prepared prepared;
  const auto deploy = prepared.workspace.path() / "deploy";
  const auto before = prepared.record();

  std::filesystem::remove(deploy / "scripts/start.sh");
  const auto no_script = support::run_tool("s3-upload-bundle", without_server(prepared.call()));
  CHECK(no_script.exit.code == 7);
  CHECK(first_line(no_script.err) ==
        "error: s3-upload-bundle: check deploy/appspec.yml: line 5: rule H04: ApplicationStart "
        "names scripts/start.sh, which is not in the bundle");

  std::filesystem::remove(deploy / "appspec.yml");
  const auto no_appspec = support::run_tool("s3-upload-bundle", without_server(prepared.call()));
  CHECK(no_appspec.exit.code == 7);
  CHECK(first_line(no_appspec.err) ==
        "error: s3-upload-bundle: check deploy: rule A01: no appspec.yml in its root");

  CHECK(prepared.record() == before);
}

TEST_CASE("an upload that cannot start says what is missing") {
  const Prepared prepared;
  const auto before = prepared.record();

  const auto unreachable = support::run_tool("s3-upload-bundle", without_server(prepared.call()));
  CHECK(unreachable.exit.code == 4);
  CHECK(first_line(unreachable.err).find("http://127.0.0.1:1/") != std::string::npos);

  auto keyless = without_server(prepared.call());
  keyless.environment["AWS_ACCESS_KEY_ID"] = "";
  keyless.environment["AWS_SECRET_ACCESS_KEY"] = "";
  keyless.environment["HOME"] = prepared.workspace.path().string();
  const auto no_keys = support::run_tool("s3-upload-bundle", keyless);
  CHECK(no_keys.exit.code == 3);
  CHECK(first_line(no_keys.err).find("find AWS credentials: none in the environment") !=
        std::string::npos);

  const auto unknown =
      support::run_tool("s3-upload-bundle", without_server(prepared.call({"--regoin", "x"})));
  CHECK(unknown.exit.code == 2);
  CHECK(unknown.err.find("did you mean '--region'?") != std::string::npos);

  CHECK(prepared.record() == before);
}

TEST_CASE("a dry run needs no server and prints the same key on every machine") {
  const Prepared prepared;

  const auto here =
      support::run_tool("s3-upload-bundle", without_server(prepared.call({"--dry-run"})));
  auto elsewhere_call = without_server(prepared.call({"--dry-run"}));
  elsewhere_call.environment["TZ"] = "Pacific/Kiritimati";
  elsewhere_call.environment["LC_ALL"] = "C.UTF-8";
  const auto elsewhere = support::run_tool("s3-upload-bundle", elsewhere_call);

  INFO(here.err);
  CHECK(here.exit.ok());
  CHECK(here.out == elsewhere.out);
  CHECK(here.out.find("file release.env\n") != std::string::npos);
  CHECK(here.out.find(" to s3://bundles/shop/") != std::string::npos);
}
