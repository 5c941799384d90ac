// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/agent.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "archives/zip_writer.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/environment.hpp"
#include "sandbox/s3/store.hpp"
#include "timing/clock.hpp"

namespace {

namespace fs = std::filesystem;
using sandbox::Diagnostics;
using sandbox::S3Location;
using sandbox::agent::HookSource;

const std::string appspec =
    "version: 0.0\nos: linux\nhooks:\n"
    "  ApplicationStop:\n    - location: scripts/say.sh\n"
    "  ApplicationStart:\n    - location: scripts/say.sh\n"
    "  BeforeBlockTraffic:\n    - location: scripts/say.sh\n";

std::string script(const std::string& version) {
  return "#!/bin/sh\necho \"" + version + " $LIFECYCLE_EVENT $DEPLOYMENT_ID $BUNDLE_KEY\"\n";
}

// One instance, and a bucket that its agent downloads from.
struct Fixture {
  Fixture() : objects(folder.path() / "objects", clock) {
    objects.create_bucket("bundles");
    instance.id = "i-1";
    instance.root = folder.path() / "root";
  }

  S3Location upload(const std::string& key, std::vector<archives::ZipInput> entries) {
    return upload_bytes(key, archives::zip_bytes(std::move(entries)));
  }

  S3Location upload_bytes(const std::string& key, const std::string& bytes) {
    sandbox::s3::ObjectVersion object;
    object.key = key;
    const auto stored = objects.put("bundles", object, bytes);
    return {.bucket = "bundles",
            .key = key,
            .bundle_type = "zip",
            .version = stored.version,
            .etag = stored.etag};
  }

  S3Location upload_release(const std::string& version) {
    return upload(version + ".zip",
                  {{.path = "appspec.yml", .content = appspec},
                   {.path = "scripts/say.sh", .executable = true, .content = script(version)}});
  }

  Diagnostics perform(const std::string& event, const std::string& deployment,
                      const S3Location& revision, const std::string& creator = "user") const {
    const sandbox::agent::Agent agent(
        instance, objects,
        {{"PATH", process::environment_variable("PATH").value_or("/usr/bin:/bin")}});
    return agent.perform({.event = event,
                          .application = "shop",
                          .group = "production",
                          .group_id = "g-1",
                          .deployment = deployment,
                          .creator = creator,
                          .revision = revision},
                         {});
  }

  void install(const std::string& deployment, const S3Location& revision) const {
    REQUIRE(perform("DownloadBundle", deployment, revision).error_code == "Success");
    REQUIRE(perform("Install", deployment, revision).error_code == "Success");
  }

  fs::path group_folder() const {
    return instance.root / "opt/codedeploy-agent/deployment-root/g-1";
  }

  file::TempDir folder{"agent"};
  timing::SystemClock clock;
  sandbox::s3::Store objects;
  sandbox::Instance instance;
};

}  // namespace

TEST_CASE("each hook comes from the bundle that the agent takes it from") {
  struct Case {
    std::string event;
    std::string creator;
    bool archive_present;
    HookSource wanted;
  };
  const std::vector<Case> cases{
      {"ApplicationStart", "user", true, HookSource::this_deployment},
      {"ApplicationStop", "user", false, HookSource::last_successful_install},
      {"ApplicationStop", "user", true, HookSource::this_deployment},
      {"BeforeBlockTraffic", "user", false, HookSource::last_successful_install},
      {"AfterBlockTraffic", "user", false, HookSource::last_successful_install},
      {"BeforeAllowTraffic", "user", true, HookSource::this_deployment},
      {"BeforeBlockTraffic", "codeDeployRollback", false, HookSource::most_recent_download},
      {"AfterAllowTraffic", "codeDeployRollback", false, HookSource::last_successful_install},
      {"ApplicationStop", "codeDeployRollback", false, HookSource::last_successful_install}};
  for (const auto& example : cases) {
    CAPTURE(example.event);
    CAPTURE(example.creator);
    CHECK(sandbox::agent::hook_source(example.event, example.creator, example.archive_present) ==
          example.wanted);
  }
}

TEST_CASE("a bundle is downloaded, installed and its hooks run with CodeDeploy's variables") {
  Fixture host;
  const auto revision = host.upload_release("v1");
  CHECK(host.perform("ApplicationStop", "d-1", revision).log_tail.empty());
  host.install("d-1", revision);
  const auto started = host.perform("ApplicationStart", "d-1", revision);

  CHECK(started.error_code == "Success");
  CHECK(started.log_tail.find("[stdout]v1 ApplicationStart d-1 v1.zip\n") != std::string::npos);
  CHECK(fs::exists(host.group_folder() / "d-1/deployment-archive/appspec.yml"));
  CHECK(fs::exists(host.group_folder() / "d-1/logs/scripts.log"));
}

TEST_CASE("traffic is blocked with the scripts of the host's own last install") {
  Fixture host;
  const auto first = host.upload_release("v1");
  const auto second = host.upload_release("v2");
  host.install("d-1", first);
  const auto blocked = host.perform("BeforeBlockTraffic", "d-2", second);
  CHECK(blocked.log_tail.find("[stdout]v1 BeforeBlockTraffic d-2 v2.zip\n") != std::string::npos);
}

TEST_CASE("one top folder that holds the appspec is stripped") {
  Fixture host;
  const auto revision =
      host.upload("v1.zip", {{.path = "shop-1/appspec.yml", .content = appspec},
                             {.path = "shop-1/scripts/say.sh", .content = script("v1")}});
  host.install("d-1", revision);
  CHECK(host.perform("ApplicationStart", "d-1", revision).error_code == "Success");
}

TEST_CASE("a download that fails tells why") {
  Fixture host;
  auto revision = host.upload_release("v1");
  const auto message = [&] {
    const auto result = host.perform("DownloadBundle", "d-1", revision);
    CHECK(result.error_code == "UnknownError");
    return result.message;
  };
  revision.etag = "0123";
  CHECK(message().starts_with("Expected deployment artifact bundle etag 0123 but was actually "));
  revision.etag.clear();
  revision.key = "v2.zip";
  CHECK(message() == "The specified version does not exist");
  revision.version.clear();
  CHECK(message() == "The specified key does not exist");
  revision = host.upload_bytes("v3.zip", "this is no archive");
  CHECK(message().starts_with("Error unpacking the bundle, exit code 9"));
}

TEST_CASE(
    "a bundle without appspec fails at its first hook, a broken one with the parser's words") {
  Fixture host;
  auto revision = host.upload("v1.zip", {{.path = "readme", .content = "x"}});
  REQUIRE(host.perform("DownloadBundle", "d-1", revision).error_code == "Success");
  CHECK(
      host.perform("BeforeInstall", "d-1", revision).message.find("did not find an AppSpec file") !=
      std::string::npos);

  revision = host.upload("v2.zip", {{.path = "appspec.yml", .content = "version: 0.0\n"}});
  REQUIRE(host.perform("DownloadBundle", "d-2", revision).error_code == "Success");
  CHECK(host.perform("BeforeInstall", "d-2", revision).message ==
        "parse appspec.yml: line 1: os is missing");
}

TEST_CASE("five revisions are kept, and the last successful one whatever its age") {
  Fixture host;
  const auto revision = host.upload_release("v1");
  host.install("d-0", revision);
  for (int i = 1; i <= 7; ++i) {
    host.perform("DownloadBundle", "d-" + std::to_string(i), revision);
  }
  std::size_t kept = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(host.group_folder())) ++kept;
  CHECK(kept <= 6);
  CHECK(fs::exists(host.group_folder() / "d-0"));
  CHECK(fs::exists(host.group_folder() / "d-7"));
}
