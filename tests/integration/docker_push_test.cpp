// SPDX-License-Identifier: Apache-2.0
// docker-push against Debian's docker-registry; skopeo is the independent witness.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/answering_server.hpp"
#include "support/boot_jar.hpp"
#include "support/push_project.hpp"
#include "support/registry_fixture.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace {

using support::count;
using support::error_line;
using support::PushProject;

}  // namespace

TEST_CASE("docker-push puts the recorded jar into a registry and prints the digest skopeo sees") {
  PushProject project;
  const auto run = project.push();
  INFO(run.err);
  REQUIRE(run.exit.ok());

  // '+' is no character of a tag.
  const std::string seen = project.registry.inspect("shop:1.2.3-4", "{{.Digest}}");
  CHECK(run.out == project.image() + "@" + seen + "\n");
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{index .Layers 0}}") == project.base);
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{len .Layers}}") == "4");
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Created}}") ==
        "2026-01-02 03:04:05 +0000 UTC");

  const auto document = project.record();
  const json::Field image = json::Field(document, "release.json")["image"];
  CHECK(image["repository"].string() == project.image());
  CHECK(image["tag"].string() == "1.2.3-4");
  CHECK(image["digest"].string() == seen);
  CHECK(image["base"]["ref"].string() == project.registry.address() + "/jre:17");
  CHECK(image["layers"].items().size() == 4);
  CHECK(image["layers"].items()[3]["name"].string() == "application");
}

TEST_CASE("pushing the same jar again reads, writes nothing and gives the same digest") {
  PushProject project;
  const auto first = project.push();
  project.registry.forget_requests();
  const auto second = project.push();
  CHECK(second.exit.ok());
  CHECK(second.out == first.out);
  const std::string requests = project.registry.requests();
  CHECK(count(requests, "HEAD /v2/shop/manifests/") == 1);
  for (const char* method : {"POST ", "PUT ", "PATCH ", "GET /v2/shop"}) {
    CAPTURE(requests);
    CHECK(count(requests, method) == 0);
  }
}

TEST_CASE(
    "a changed class sends one layer, and a base of the same registry is mounted, never read") {
  PushProject project;
  REQUIRE(project.push().exit.ok());
  CHECK(count(project.registry.requests(), "mount=" + project.base) +
            count(project.registry.requests(), "POST /v2/shop/blobs/uploads/?mount=") >=
        1);
  CHECK(count(project.registry.requests(), "GET /v2/jre/blobs/" + project.base) == 0);

  support::write_boot_jar(project.jar(), {.application = "another class"});
  project.write_record();
  project.registry.forget_requests();
  REQUIRE(project.push().exit.ok());
  CHECK(count(project.registry.requests(), "PUT /v2/shop/blobs/uploads/") == 2);  // layer, config
}

TEST_CASE("the digest does not depend on folder, umask, time zone or locale") {
  PushProject here;
  PushProject there;
  const auto one = here.push({}, {{"TZ", "Asia/Tokyo"}, {"LC_ALL", "C"}});
  const mode_t mask = ::umask(077);
  const auto two = there.push({}, {{"TZ", "America/Lima"}});
  ::umask(mask);
  const auto layers = [](const PushProject& project) {
    const auto document = project.record();
    std::string digests;
    for (const auto& layer : json::Field(document, "record")["image"]["layers"].items()) {
      if (layer["name"].string() != "base") digests += layer["digest"].string() + '\n';
    }
    return digests;
  };
  CHECK(one.exit.ok());
  CHECK(two.exit.ok());
  CHECK(layers(here) == layers(there));
}

TEST_CASE("a dry run tells the plan and writes neither registry nor record") {
  PushProject project;
  const std::string before = file::read(project.record_path());
  project.registry.forget_requests();
  const auto run = project.push({"--dry-run"});
  CHECK(run.exit.ok());
  CHECK(run.err.find("to send application sha256:") != std::string::npos);
  CHECK(run.err.find("to mount base sha256:") != std::string::npos);
  for (const char* method : {"POST ", "PUT ", "PATCH ", "DELETE "}) {
    CHECK(count(project.registry.requests(), method) == 0);
  }
  CHECK(file::read(project.record_path()) == before);
  CHECK(project.push().out == run.out);
}

TEST_CASE("a protected registry takes the right password and refuses a wrong one") {
  PushProject project(support::Login::required);
  // The base comes from another, open registry.
  const support::RegistryFixture open;
  open.push_base_image("jre:17");
  const auto push = [&](const std::map<std::string, std::string>& login) {
    return project.push({"--base", open.address() + "/jre:17"}, login);
  };

  const auto wrong = push({{"REGISTRY_USERNAME", "ci"}, {"REGISTRY_PASSWORD", "wrong horse"}});
  CHECK(wrong.exit.code == 3);
  CHECK(error_line(wrong) == "look up " + project.image() + ":1.2.3-4: 401 unauthorized: authentication required");
  CHECK(wrong.err.find("check user and password of " + project.registry.address() +
                       " (from REGISTRY_PASSWORD)") != std::string::npos);
  CHECK(wrong.err.find("wrong horse") == std::string::npos);

  const auto none = push({});
  CHECK(none.exit.code == 3);
  CHECK(none.err.find("no credentials for " + project.registry.address()) != std::string::npos);

  const auto right = push({{"REGISTRY_USERNAME", "ci"}, {"REGISTRY_PASSWORD", "right horse"}});
  INFO(right.err);
  CHECK(right.exit.ok());
  CHECK(right.out.starts_with(project.image() + "@sha256:"));
}

TEST_CASE("docker-push tells what is wrong with its input, and the record stays as it was") {
  PushProject project;
  const std::string before = file::read(project.record_path());
  const auto refused = [&](int code, const std::string& line, std::vector<std::string> arguments) {
    const auto run = project.push(std::move(arguments));
    INFO(run.err);
    CHECK(run.exit.code == code);
    CHECK(error_line(run) == line);
    CHECK(run.out.empty());
    CHECK(file::read(project.record_path()) == before);
  };

  refused(3, "open missing.jar: it does not exist", {"missing.jar"});
  support::write_boot_jar(project.folder.path() / "other.jar", {.application = "tampered"});
  const std::string other = crypto::sha256_hex(file::read(project.folder.path() / "other.jar"));
  const std::string recorded = crypto::sha256_hex(file::read(project.jar()));
  refused(7,
          "check other.jar: its sha256 is " + other + ", .stagecraft/release.json says " + recorded,
          {"other.jar"});
  support::write_file(project.folder.path() / "damaged.jar", "no zip at all");
  refused(7, "read damaged.jar: no zip end record", {"damaged.jar"});
  refused(2, "read image reference '127.0.0.1:1/Shop': 'Shop' has upper-case letters",
          {"--image", "127.0.0.1:1/Shop"});
  refused(1,
          "pull manifest " + project.registry.address() +
              "/jre:99: 404 manifest_unknown: manifest unknown",
          {"--base", project.registry.address() + "/jre:99"});
}

TEST_CASE("a registry that is not there is unavailable") {
  PushProject project;
  const auto run = project.push({"--image", "127.0.0.1:1/shop:1"});
  CHECK(run.exit.code == 4);
  CHECK(error_line(run).starts_with("HEAD http://127.0.0.1:1/v2/shop/manifests/1: "));
  CHECK(run.err.find("try: check the address and that the server is up") != std::string::npos);
}

TEST_CASE("SIGTERM in the middle of an upload ends by the signal with nothing left behind") {
  PushProject project;
  const auto scratch = project.folder.path() / "scratch";
  std::filesystem::create_directory(scratch);
  std::atomic<pid_t> pid{0};
  support::AnsweringServer server([&pid](const support::ServedRequest& request) {
    if (request.method == "PUT") ::kill(pid, SIGTERM);
    if (request.method == "POST") {
      return support::ServedAnswer{.status = 202, .headers = {{"Location", request.path + "1"}}};
    }
    return support::ServedAnswer{.status = request.method == "DELETE" ? 204 : 404};
  });
  const std::string before = file::read(project.record_path());
  process::Command command{.argv = {(support::binaries() / "docker-push").string(), "--image",
                                    server.authority() + "/shop:1"},
                           .environment = process::all_environment_variables(),
                           .directory = project.folder.path(),
                           .output = project.folder.path() / "log"};
  for (const auto& [name, value] : project.environment()) (*command.environment)[name] = value;
  (*command.environment)["TMPDIR"] = scratch.string();
  process::Child child(command);
  pid = child.pid();

  CHECK(child.wait().signal == SIGTERM);
  INFO(file::read(command.output));
  std::size_t cancelled = 0;
  for (const auto& request : server.requests()) cancelled += request.method == "DELETE" ? 1 : 0;
  CHECK(cancelled > 0);  // a session whose answer was still under way cannot be
  CHECK(std::filesystem::is_empty(scratch));
  CHECK(file::read(project.record_path()) == before);
}

TEST_CASE("a plain jar is refused with the reason") {
  PushProject project;
  archives::zip_to_file({{.path = "META-INF/MANIFEST.MF", .content = "Manifest-Version: 1.0\n"}},
                        project.jar());
  project.write_record();
  const auto run = project.push();
  CHECK(run.exit.code == 7);
  CHECK(error_line(run) ==
        "no executable Spring Boot jar: " + project.jar().string() +
            " has no Main-Class: a plain jar; is Spring Boot's repackage or bootJar "
            "on?");
}

// jlink takes ten seconds.
TEST_CASE("local-jre makes a Java runtime once and takes it from the cache afterwards") {
  PushProject project;
  const auto push = [&project](const std::string& repository) {
    return support::run_tool(
        "docker-push",
        {.arguments = {"--image", project.registry.address() + '/' + repository, "--base",
                       "local-jre"},
         .environment = {{"XDG_CACHE_HOME", (project.folder.path() / "cache").string()}},
         .directory = project.folder.path()});
  };
  const auto first = push("one");
  INFO(first.err);
  REQUIRE(first.exit.ok());
  CHECK(first.err.find("made a Java runtime") != std::string::npos);
  const auto second = push("two");
  CHECK(second.err.find("made a Java runtime") == std::string::npos);
  CHECK(project.registry.inspect("one:1.2.3-4", "{{.Digest}}") ==
        project.registry.inspect("two:1.2.3-4", "{{.Digest}}"));
  CHECK(project.registry.inspect("one:1.2.3-4", "{{.Env}}").find("JAVA_HOME=/opt/java") !=
        std::string::npos);
}
