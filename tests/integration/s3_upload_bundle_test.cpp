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

// The failure itself: what was found is told before it.
std::string error_line(const std::string& err) {
  for (const auto line : text::lines(err)) {
    if (line.starts_with("error: ")) return std::string(line);
  }
  return {};
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

TEST_CASE("a profile's role is assumed, and its keys upload the bundle") {
  const Sandbox sandbox;
  const Prepared prepared;
  const auto config = prepared.workspace.path() / "aws-config";
  support::write_file(config,
                      "[profile deploy]\nrole_arn = arn:aws:iam::000000000000:role/deploy\n"
                      "credential_source = Environment\n");

  const auto uploaded = sandbox.run(
      "s3-upload-bundle",
      {.arguments = {"--source", "deploy", "--profile", "deploy", "--log-level", "debug"},
       .environment = {{"AWS_CONFIG_FILE", config.string()},
                       {"XDG_CACHE_HOME", (prepared.workspace.path() / "cache").string()}},
       .directory = prepared.workspace.path()});

  INFO(uploaded.err);
  CHECK(uploaded.exit.ok());
  CHECK(
      uploaded.err.find("profile deploy (role arn:aws:iam::000000000000:role/deploy with the keys "
                        "of the environment)") != std::string::npos);
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
  CHECK(no_script.out.empty());
  CHECK(
      error_line(no_script.err)
          .starts_with(
              "error: s3-upload-bundle: check deploy/appspec.yml:5: rule H04: scripts/start.sh of "
              "ApplicationStart is not in the bundle"));
  CHECK(no_script.err.find("warning: deploy/appspec.yml:5:17: error H04: ") != std::string::npos);

  std::filesystem::remove(deploy / "appspec.yml");
  const auto no_appspec = support::run_tool("s3-upload-bundle", without_server(prepared.call()));
  CHECK(no_appspec.exit.code == 7);
  CHECK(error_line(no_appspec.err).find(": rule A01: ") != std::string::npos);

  CHECK(prepared.record() == before);
}

TEST_CASE("secrets and links that lead out stop the upload, all told at once") {
  const Prepared prepared;
  const auto deploy = prepared.workspace.path() / "deploy";
  support::write_file(deploy / "scripts/.env", "PASSWORD=x\n");
  std::filesystem::create_symlink("../../outside", deploy / "scripts/out");

  const auto refused = support::run_tool("s3-upload-bundle", without_server(prepared.call()));
  CHECK(refused.exit.code == 7);
  CHECK(
      error_line(refused.err) ==
      "error: s3-upload-bundle: check deploy/scripts/.env: rule B01: a file of environment secrets "
      "does not go into a bundle (and 1 more error)");
  CHECK(refused.err.find("deploy/scripts/out: error B01: the link leads out of the bundle") !=
        std::string::npos);

  std::filesystem::remove(deploy / "scripts/out");
  const auto allowed = support::run_tool(
      "s3-upload-bundle", without_server(prepared.call({"-n", "--allow-secret", "scripts/.env"})));
  CHECK(allowed.exit.ok());
  CHECK(allowed.out.find("file scripts/.env\n") != std::string::npos);
}

TEST_CASE("--lint-only needs neither record nor server nor --to, and its result is the report") {
  const file::TempDir folder("lint-only");
  support::write_file(folder.path() / "deploy/appspec.yml",
                      "version: 0.0\nos: linux\nhooks:\n  ValidateService:\n"
                      "    - location: none.sh\n");
  const auto lint = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--source", "deploy", "--lint-only", "--log-level", "warning"});
    return support::run_tool("s3-upload-bundle",
                             {.arguments = std::move(more), .directory = folder.path()});
  };

  const auto text = lint({});
  CHECK(text.exit.code == 7);
  CHECK(text.err.empty());
  CHECK(text.out.starts_with(
      "deploy/appspec.yml:5:17: error H04: none.sh of ValidateService is not"));

  const auto sarif = lint({"--lint-format", "sarif", "--lint-report", "out/report.sarif"});
  CHECK(text_at(result_of(sarif), "/runs/0/results/0/ruleId") == "H04");
  CHECK(file::read(folder.path() / "out/report.sarif") == sarif.out);
  CHECK(text_at(result_of(lint({"--lint-format", "json"})), "/findings/0/rule") == "H04");
  CHECK(text_at(result_of(lint({"--output", "json"})), "/findings/0/rule") == "H04");

  CHECK(lint({"--allow", "H04"}).exit.code == 0);
  const auto unknown = lint({"--allow", "H4"});
  CHECK(unknown.exit.code == 2);
  CHECK(unknown.out.empty());
}

TEST_CASE("--fix mends the folder, and the upload goes on with what it made") {
  const Prepared prepared;
  const auto appspec = prepared.workspace.path() / "deploy/appspec.yml";
  const auto before = file::read(appspec);
  support::write_file(appspec, text::replace_all(before, "hooks:", "hook:"));

  const auto fixed = support::run_tool("s3-upload-bundle",
                                       without_server(prepared.call({"--lint-only", "--fix"})));
  INFO(fixed.out);
  CHECK(fixed.exit.ok());
  CHECK(file::read(appspec) == before);
}

TEST_CASE("a folder is packed to the same bytes on any path, umask, time zone and locale") {
  const Prepared prepared;
  const file::TempDir elsewhere("a folder with spaces and \xc3\xa4");
  // The same files, made in another order under another umask.
  REQUIRE(process::capture(
              {.argv = {"sh", "-c", "umask 077; cp -r \"$0\" \"$1\"/other; cp -r \"$2\" \"$1\"",
                        (prepared.workspace.path() / "deploy").string(), elsewhere.path().string(),
                        (prepared.workspace.path() / ".stagecraft").string()}})
              .exit.ok());
  for (const std::string format : {"zip", "tgz"}) {
    CAPTURE(format);
    const auto here = support::run_tool(
        "s3-upload-bundle",
        without_server(prepared.call({"-n", "--output", "json", "--format", format})));
    auto call = without_server(
        {.arguments = {"--source", "other", "-n", "--output", "json", "--format", format},
         .directory = elsewhere.path()});
    call.environment["TZ"] = "Pacific/Kiritimati";
    call.environment["LC_ALL"] = "C.UTF-8";
    const auto there = support::run_tool("s3-upload-bundle", call);
    INFO(there.err);
    CHECK(text_at(result_of(here), "/sha256").size() == 64);
    CHECK(text_at(result_of(here), "/sha256") == text_at(result_of(there), "/sha256"));

    call.environment["SOURCE_DATE_EPOCH"] = "1700000000";
    const auto dated = support::run_tool("s3-upload-bundle", call);
    CHECK(text_at(result_of(dated), "/sha256") != text_at(result_of(there), "/sha256"));
  }
}

TEST_CASE("the agent's own commands unpack both forms with modes, links and empty folders") {
  const Sandbox sandbox;
  const Prepared prepared;
  const auto deploy = prepared.workspace.path() / "deploy";
  std::filesystem::create_directory(deploy / "empty");
  std::filesystem::create_symlink("scripts/start.sh", deploy / "current");
  support::write_file(deploy / "large.bin", std::string(9U << 20U, 'x'));
  const auto bucket =
      text_at(result_of(sandbox.run("s3-upload-bundle", prepared.call({"-n", "--output", "json"}))),
              "/bucket");

  for (const std::string format : {"zip", "tgz"}) {
    CAPTURE(format);
    const auto ran =
        sandbox.run("s3-upload-bundle", prepared.call({"--format", format, "--output", "json"}));
    INFO(ran.err);
    REQUIRE(ran.exit.ok());
    CHECK(text_at(result_of(ran), "/type") == format);
    const file::TempDir folder("unpacked");
    const auto archive = folder.path() / "bundle.tar";  // the agent's name for all of them
    sandbox.aws({"s3api", "get-object", "--bucket", bucket, "--key",
                 text_at(result_of(ran), "/key"), archive.string()});
    const auto target = folder.path() / "deployment-archive";
    std::filesystem::create_directory(target);
    const std::vector<std::string> unpack =
        format == "zip"
            ? std::vector<std::string>{"unzip", "-qo", archive.string(), "-d", target.string()}
            : std::vector<std::string>{"/bin/tar", "-zxpsf", archive.string(), "-C",
                                       target.string()};
    const std::vector<std::string> test =
        format == "zip" ? std::vector<std::string>{"unzip", "-tqq", archive.string()}
                        : std::vector<std::string>{"tar", "-tzf", archive.string()};
    const auto unpacked = process::capture({.argv = unpack});
    CHECK(unpacked.exit.ok());
    CHECK(unpacked.out + unpacked.err == "");
    CHECK(process::capture({.argv = test}).exit.ok());
    CHECK(std::filesystem::is_directory(target / "empty"));
    CHECK(std::filesystem::read_symlink(target / "current") == "scripts/start.sh");
    CHECK(std::filesystem::file_size(target / "large.bin") == 9U << 20U);
    CHECK((std::filesystem::status(target / "scripts/start.sh").permissions() &
           std::filesystem::perms::mask) == std::filesystem::perms(0755));
  }
}

TEST_CASE("a ready archive is sent byte for byte, without a record too") {
  const Sandbox sandbox;
  const Prepared prepared;
  const auto path = prepared.workspace.path();
  REQUIRE(process::capture(
              {.argv = {"tar", "-czf", "../ready.bundle", "."}, .directory = path / "deploy"})
              .exit.ok());
  const std::vector<std::string> arguments{"--file", "ready.bundle", "--output", "json"};

  const auto ran = sandbox.run("s3-upload-bundle", {.arguments = arguments, .directory = path});
  INFO(ran.err);
  REQUIRE(ran.exit.ok());
  CHECK(ran.err.find("ready.bundle has no release.env that names the image") != std::string::npos);
  CHECK(text_at(result_of(ran), "/sha256") ==
        crypto::sha256_hex(file::read(path / "ready.bundle")));
  CHECK(text_at(result_of(ran), "/type") == "tgz");
  CHECK(text_at(result_of(ran), "/key").ends_with(".tgz"));
  CHECK(text_at(prepared.workspace.record_document(), "/bundle/type") == "tgz");

  support::write_file(path / "deploy/release.env",
                      "IMAGE=r/other@sha256:" + std::string(64, '9') + "\n");
  REQUIRE(process::capture(
              {.argv = {"tar", "-czf", "../other.bundle", "."}, .directory = path / "deploy"})
              .exit.ok());
  const auto other =
      sandbox.run("s3-upload-bundle", {.arguments = {"--file", "other.bundle"}, .directory = path});
  CHECK(other.exit.code == 7);
  CHECK(error_line(other.err).find("its release.env names r/other@sha256:9999") !=
        std::string::npos);

  std::filesystem::remove(prepared.workspace.record());
  const auto recordless =
      sandbox.run("s3-upload-bundle", {.arguments = arguments, .directory = path});
  INFO(recordless.err);
  CHECK(recordless.exit.ok());
  CHECK_FALSE(*result_of(recordless).find_pointer("/uploaded")->find_bool());
  CHECK_FALSE(std::filesystem::exists(prepared.workspace.record()));
}

TEST_CASE("a fixed key gets a new version, a content-addressed one never other content") {
  const Sandbox sandbox;
  const Prepared prepared;
  const auto bucket =
      text_at(result_of(sandbox.run("s3-upload-bundle", prepared.call({"-n", "--output", "json"}))),
              "/bucket");
  const auto to = [&](const std::string& key) {
    return sandbox.run("s3-upload-bundle",
                       prepared.call({"--to", "s3://" + bucket + "/" + key, "--output", "json"}));
  };

  const auto first = to("shop/{version}.zip");
  INFO(first.err);
  REQUIRE(first.exit.ok());
  CHECK(text_at(result_of(first), "/key") == "shop/1.2.3.zip");
  const auto again = to("shop/{version}.zip");
  CHECK_FALSE(*result_of(again).find_pointer("/uploaded")->find_bool());

  support::write_file(prepared.workspace.path() / "deploy/more.txt", "more");
  const auto second = to("shop/{version}.zip");
  INFO(second.err);
  REQUIRE(second.exit.ok());
  CHECK(text_at(result_of(second), "/version_id") != text_at(result_of(first), "/version_id"));

  const auto unknown = to("{biuld}.zip");
  CHECK(unknown.exit.code == 2);
  CHECK(unknown.err.find("did you mean '{build}'?") != std::string::npos);
  const auto unset = to("{build}.zip");
  CHECK(unset.exit.code == 2);
}

TEST_CASE(
    "a bucket without versions is told, refused when versions are required, and not written over") {
  const Sandbox sandbox;
  const Prepared prepared;
  sandbox.aws({"s3api", "create-bucket", "--bucket", "plain-bucket"});
  const auto to = [&](const std::string& key, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--to", "s3://plain-bucket/" + key});
    return sandbox.run("s3-upload-bundle", prepared.call(std::move(more)));
  };

  const auto required = to("x/", {"--require-versioning"});
  CHECK(required.exit.code == 7);
  CHECK(error_line(required.err).find("bucket plain-bucket: it keeps no versions") !=
        std::string::npos);
  CHECK(sandbox.aws({"s3api", "list-objects-v2", "--bucket", "plain-bucket"}).find("Key") ==
        std::string::npos);

  const auto warned = to("fixed.zip");
  INFO(warned.err);
  CHECK(warned.exit.ok());
  CHECK(warned.out == "s3://plain-bucket/fixed.zip\n");
  CHECK(warned.err.find("put-bucket-versioning") != std::string::npos);

  support::write_file(prepared.workspace.path() / "deploy/more.txt", "more");
  CHECK(to("fixed.zip").exit.code == 8);
}

TEST_CASE("the object gets the type, encryption, class and tags that were asked for") {
  const Sandbox sandbox;
  const Prepared prepared;
  const auto ran =
      sandbox.run("s3-upload-bundle",
                  prepared.call({"--sse", "AES256", "--storage-class", "STANDARD_IA", "--tag",
                                 "team=shop", "--tag", "note=a b+c", "--output", "json"}));
  INFO(ran.err);
  REQUIRE(ran.exit.ok());
  const auto bucket = text_at(result_of(ran), "/bucket");
  const auto key = text_at(result_of(ran), "/key");
  const auto head =
      json::parse(sandbox.aws({"s3api", "head-object", "--bucket", bucket, "--key", key}), "aws");
  CHECK(text_at(head, "/ContentType") == "application/zip");
  CHECK(text_at(head, "/ServerSideEncryption") == "AES256");
  CHECK(text_at(head, "/StorageClass") == "STANDARD_IA");
  const auto tags = sandbox.aws({"s3api", "get-object-tagging", "--bucket", bucket, "--key", key});
  CHECK(tags.find("a b+c") != std::string::npos);
}

TEST_CASE("wrong combinations of options end with 2 before anything is read") {
  const file::TempDir folder("usage");
  struct Case {
    std::vector<std::string> arguments;
    std::string words;
  };
  const std::vector<Case> cases{
      {{}, "--source is required"},
      {{"--source", "x"}, "--to is required"},
      {{"--source", "x", "--file", "y", "--to", "s3://bucket/"}, "--source excludes --file"},
      {{"--file", "y", "--to", "s3://bucket/", "--fix"}, "--fix changes a folder"},
      {{"--file", "y", "--to", "s3://bucket/", "--exclude", "a"}, "--include and --exclude"},
      {{"--source", "x", "--to", "s3://bucket/", "--kms-key-id", "k"}, "--kms-key-id goes with"},
      {{"--source", "x", "--to", "s3://bucket/", "--tag", "novalue"}, "no KEY=VALUE"},
      {{"--source", "x", "--to", "s3://bucket/", "--expected-owner", "12"}, "12 digits"},
      {{"--source", "x", "--to", "s3://bucket/", "--exclude", "[a"}, "read pattern '[a'"},
      {{"--source", "x", "--to", "s3://bucket/", "--allow", "Z99"}, "Z99"},
      {{"--source", "x", "--to", "s3://bucket/", "--part-size", "lots"}, "--part-size"},
      {{"--source", "x", "--to", "s3://bucket/", "--parallel", "0"}, "--parallel"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.words);
    const auto ran = support::run_tool("s3-upload-bundle",
                                       {.arguments = each.arguments, .directory = folder.path()});
    CHECK(ran.exit.code == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find(each.words) != std::string::npos);
  }
}

TEST_CASE("filters count in the order of the command line") {
  const Prepared prepared;
  support::write_file(prepared.workspace.path() / "deploy/notes/a.md", "x");
  support::write_file(prepared.workspace.path() / "deploy/notes/b.md", "x");
  const auto listed = [&](std::vector<std::string> more) {
    more.push_back("-n");
    return support::run_tool("s3-upload-bundle", without_server(prepared.call(std::move(more))))
        .out;
  };
  CHECK(listed({"--exclude", "*.md", "--include", "b.md"}).find("notes/a.md") == std::string::npos);
  CHECK(listed({"--exclude", "*.md", "--include", "b.md"}).find("notes/b.md") != std::string::npos);
  CHECK(listed({"--include", "b.md", "--exclude", "*.md"}).find("notes/b.md") == std::string::npos);
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
