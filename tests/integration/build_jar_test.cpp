// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "archives/zip_writer.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// A project in a repository of its own, whose mvnw is whatever the test says.
class Project {
 public:
  Project() : folder_("build-jar-test") {
    support::write_file(path() / "pom.xml", "<project/>");
    support::write_file(path() / ".gitignore", "target/\n.stagecraft/\n");
    support::write_file(jdk() / "bin/java", "#!/bin/sh\n", 0755);
    support::write_file(jdk() / "bin/javac", "#!/bin/sh\n", 0755);
    support::write_file(jdk() / "release", "JAVA_VERSION=\"17.0.15\"\n");
  }

  fs::path path() const { return folder_.path() / "shop"; }
  fs::path beside(const std::string& name) const { return folder_.path() / name; }
  fs::path jdk() const { return folder_.path() / "jdk"; }
  fs::path record() const { return path() / ".stagecraft/release.json"; }

  // Writes a wrapper of that script and commits everything; answers the commit.
  std::string with_wrapper(const std::string& script) const {
    support::write_file(path() / "mvnw", "#!/bin/sh\n" + script, 0755);
    return commit();
  }

  std::string commit() const {
    if (!fs::exists(path() / ".git")) git({"init", "--quiet", "--initial-branch=main"});
    git({"add", "--all"});
    git({"-c", "user.name=Dev", "-c", "user.email=dev@example.com", "commit", "--quiet",
         "--allow-empty", "--message", "state"});
    return git({"rev-parse", "HEAD"});
  }

  // A boot jar beside the project, for a wrapper to copy.
  fs::path prepared_jar(const std::string& git_properties = {}) const {
    const auto jar = beside("prepared.jar");
    std::vector<archives::ZipInput> inputs{
        {.path = "META-INF/MANIFEST.MF",
         .content = "Main-Class: org.springframework.boot.loader.launch.JarLauncher\r\n"
                    "Start-Class: com.example.Shop\r\nSpring-Boot-Version: 4.1.2\r\n"},
        {.path = "org/springframework/boot/loader/launch/JarLauncher.class", .content = "class"},
        {.path = "BOOT-INF/classes/com/example/Shop.class", .content = "class"},
        {.path = "BOOT-INF/classes/META-INF/build-info.properties",
         .content = "build.version=1.1.0\n"}};
    if (!git_properties.empty()) {
      inputs.push_back({.path = "BOOT-INF/classes/git.properties", .content = git_properties});
    }
    archives::zip_to_file(inputs, jar);
    return jar;
  }

  std::string copies_jar() const {
    return "mkdir -p target && cp " + beside("prepared.jar").string() + " target/app.jar\n";
  }

  support::ToolCall call(std::vector<std::string> arguments = {},
                         std::map<std::string, std::string> environment = {}) const {
    environment.emplace("JAVA_HOME", jdk().string());
    return {.arguments = std::move(arguments),
            .environment = std::move(environment),
            .directory = path()};
  }

  process::Captured build(std::vector<std::string> arguments = {},
                          std::map<std::string, std::string> environment = {}) const {
    return support::run_tool("build-jar", call(std::move(arguments), std::move(environment)));
  }

 private:
  std::string git(std::vector<std::string> arguments) const {
    process::Command command{.argv = {"git"}, .directory = path()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto done = process::capture(command);
    REQUIRE_MESSAGE(done.exit.ok(), done.err);
    return std::string(text::trim(done.out));
  }

  file::TempDir folder_;
};

bool says(const process::Captured& done, const std::string& words) {
  return done.err.find(words) != std::string::npos;
}

// The message of the error line; "" without one.
std::string error_of(const process::Captured& done) {
  constexpr std::string_view begin = "error: build-jar: ";
  for (const auto line : text::lines(done.err)) {
    if (line.starts_with(begin)) return std::string(line.substr(begin.size()));
  }
  return {};
}

// A build-jar that is still running, with its output in a file.
class RunningBuild {
 public:
  explicit RunningBuild(const Project& project)
      : log_(project.beside("log")), child_(command_of(project, log_)) {}

  pid_t pid() const { return child_.pid(); }
  std::string log() const { return file::find(log_).value_or(""); }

  bool wait_for(const std::string& words) const {
    return eventually([&] { return log().find(words) != std::string::npos; });
  }

  // Within four seconds, since Jenkins waits no longer than five.
  process::Exit end_within_bounds() {
    REQUIRE(eventually([&] { return child_.poll().has_value(); }, 4s));
    return *child_.poll();
  }

  template <typename Condition>
  static bool eventually(Condition condition, std::chrono::milliseconds limit = 20s) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    timing::SystemClock clock;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      clock.sleep_for(20ms, {});
    }
    return true;
  }

 private:
  static process::Command command_of(const Project& project, const fs::path& log) {
    auto environment = process::all_environment_variables();
    std::erase_if(environment, [](const auto& variable) {
      return variable.first == "GIT_COMMIT" || variable.first == "BUILD_TAG";
    });
    environment["JAVA_HOME"] = project.jdk().string();
    return {.argv = {(support::binaries() / "build-jar").string()},
            .environment = std::move(environment),
            .directory = project.path(),
            .output = log};
  }

  fs::path log_;
  process::Child child_;
};

// The pid that a wrapper wrote into a file beside the project.
pid_t pid_in(const fs::path& file) {
  REQUIRE(RunningBuild::eventually([&] { return !file::find(file).value_or("").empty(); }));
  return static_cast<pid_t>(text::find_number(text::trim(file::read(file))).value());
}

bool is_running(pid_t pid) { return ::kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("a build's jar is recorded with its digest, version and commit") {
  Project project;
  const auto jar = project.prepared_jar();
  const auto commit = project.with_wrapper("echo building\n" + project.copies_jar());

  const auto done = project.build();

  REQUIRE_MESSAGE(done.exit.code == 0, done.err);
  CHECK(done.out == "target/app.jar\n");
  CHECK(says(done, "\nbuilding\n"));
  const auto document = json::parse(file::read(project.record()), "record");
  const json::Field record(document, "record");
  CHECK(record["schema"].integer() == 1);
  CHECK(record["source"]["commit"].string() == commit);
  CHECK(record["source"]["branch"].string() == "main");
  CHECK(record["source"]["version"].string() == "0.0.0-g" + commit.substr(0, 12));
  CHECK_FALSE(record["source"]["dirty"].boolean());
  CHECK(record["jar"]["path"].string() == "../target/app.jar");
  CHECK(record["jar"]["sha256"].string() == crypto::sha256_hex(file::read(jar)));
  CHECK(record["jar"]["version"].string() == "1.1.0");
  CHECK(record["jar"]["boot_version"].string() == "4.1.2");
  CHECK(record["jar"]["build"]["jdk"].string() == "17.0.15");
}

TEST_CASE("the build sees the commit's time and none of the deploy credentials") {
  Project project;
  project.prepared_jar();
  project.with_wrapper("env > " + project.beside("env").string() + "\n" + project.copies_jar());

  const auto done =
      project.build({"--env-pass", "NEXUS_TOKEN"}, {{"AWS_SECRET_ACCESS_KEY", "planted-1"},
                                                    {"REGISTRY_PASSWORD", "planted-2"},
                                                    {"GITHUB_TOKEN", "planted-3"},
                                                    {"NEXUS_TOKEN", "wanted"}});

  REQUIRE_MESSAGE(done.exit.code == 0, done.err);
  const auto seen = file::read(project.beside("env"));
  CHECK(seen.find("planted") == std::string::npos);
  CHECK(seen.find("NEXUS_TOKEN=wanted") != std::string::npos);
  CHECK(seen.find("SOURCE_DATE_EPOCH=1") != std::string::npos);
  CHECK(seen.find("\nTZ=UTC\n") != std::string::npos);
}

TEST_CASE("a workspace's settings file cannot hand variables to the workspace's build") {
  Project project;
  support::write_file(project.path() / "stagecraft.yaml",
                      "build-jar:\n  env-pass: AWS_SECRET_ACCESS_KEY\n");
  project.with_wrapper("exit 0\n");

  CHECK(project.build().exit.code == 7);
}

TEST_CASE("a dry run prints the command line and starts nothing") {
  Project project;
  project.with_wrapper("touch " + project.beside("ran").string() + "\n");

  const auto done = project.build({"--dry-run", "--offline", "--", "-Pproduction"});

  CHECK(done.exit.code == 0);
  CHECK(done.out ==
        (project.path() / "mvnw").string() +
            " -B -ntp -Dstyle.color=never -Dsurefire.shutdown=kill -o package -Pproduction\n");
  CHECK_FALSE(fs::exists(project.beside("ran")));
  CHECK_FALSE(fs::exists(project.record()));
}

TEST_CASE("a failed build leaves the record as it was and exits by its cause") {
  Project project;
  struct Case {
    std::string script;
    int code;
    std::string error;
  };
  const std::vector<Case> cases{
      {"exit 3\n", 1, "build with mvnw: exit code 3"},
      {"echo '[ERROR] COMPILATION ERROR :'\necho '[ERROR] /w/A.java:[1,2] no symbol'\nexit 1\n", 1,
       "build with mvnw: compile error: [ERROR] /w/A.java:[1,2] no symbol (exit code 1)"},
      {"echo 'Could not transfer artifact a:b:1 from/to central: refused' >&2\nexit 1\n", 4,
       "build with mvnw: the dependency repository is unreachable: Could not transfer artifact "
       "a:b:1 "
       "from/to central: refused (exit code 1)"},
      {"kill -9 $$\n", 3, "build with mvnw: signal 9 (Killed)"},
      {"exit 0\n", 1, "find the boot jar: no jar in any target/ or build/libs/"},
  };
  for (const auto& [script, code, error] : cases) {
    CAPTURE(script);
    project.with_wrapper(script);
    support::write_file(project.record(), "of another build");

    const auto done = project.build();

    CHECK(done.exit.code == code);
    CHECK(error_of(done) == error);
    CHECK(done.out.empty());
    CHECK(file::read(project.record()) == "of another build");
  }
}

TEST_CASE("the build's last lines are shown where its output is not") {
  Project project;
  project.with_wrapper("echo the reason\nexit 1\n");

  const auto done = project.build({"--log-level", "error"});

  CHECK(done.exit.code == 1);
  CHECK(says(done, "the reason"));
}

TEST_CASE("a jar made from another commit is refused") {
  Project project;
  project.prepared_jar("git.commit.id=" + std::string(40, 'b') + "\n");
  project.with_wrapper(project.copies_jar());

  const auto done = project.build();

  CHECK(done.exit.code == 7);
  CHECK_FALSE(fs::exists(project.record()));
}

TEST_CASE("what is missing is told before anything is built") {
  Project project;
  project.prepared_jar();
  const auto commit = project.with_wrapper("touch " + project.beside("ran").string() + "\n");

  const auto other = project.build({}, {{"GIT_COMMIT", std::string(40, 'a')}});
  CHECK(other.exit.code == 7);
  CHECK(error_of(other) == "HEAD of " + project.path().string() + " is " + commit +
                               ", GIT_COMMIT is " + std::string(40, 'a'));

  const auto no_jdk = project.build({}, {{"JAVA_HOME", "/nowhere"}});
  CHECK(no_jdk.exit.code == 3);
  CHECK(error_of(no_jdk) == "find a JDK: JAVA_HOME is /nowhere, which has no bin/java");

  CHECK(project.build({"--project", "/nowhere"}).exit.code == 2);
  CHECK(project.build({"--tool", "gradle"}).exit.code == 2);

  fs::remove(project.path() / "mvnw");
  const auto no_maven = project.build({}, {{"PATH", "/nowhere"}});
  CHECK(no_maven.exit.code == 3);
  CHECK(error_of(no_maven) == "build " + project.path().string() + ": no mvnw and no mvn in PATH");
  CHECK_FALSE(fs::exists(project.beside("ran")));
}

TEST_CASE("a build that takes too long is ended with all it started") {
  Project project;
  const auto pid_file = project.beside("pid");
  project.with_wrapper("trap '' TERM\nsetsid sleep 300 &\necho $! > " + pid_file.string() +
                       "\nwhile :; do sleep 0.1; done\n");

  const auto done = project.build({"--timeout", "1s"});

  CHECK(done.exit.code == 5);
  CHECK(error_of(done).starts_with("build with mvnw: no end after 1.0 s"));
  CHECK_FALSE(is_running(pid_in(pid_file)));
}

TEST_CASE("what a finished build left running is ended and named") {
  Project project;
  project.prepared_jar();
  const auto pid_file = project.beside("pid");
  project.with_wrapper(project.copies_jar() + "setsid sleep 300 >/dev/null 2>&1 &\necho $! > " +
                       pid_file.string() + "\nsleep 0.2\n");

  const auto done = project.build();

  CHECK(done.exit.code == 0);
  CHECK(says(done, "warning: ended what the build left running: sleep"));
  CHECK_FALSE(is_running(pid_in(pid_file)));
}

TEST_CASE("SIGTERM ends the build and its descendants in time, and build-jar dies by it") {
  Project project;
  const auto pid_file = project.beside("pid");
  project.with_wrapper(
      "trap '' TERM\nsetsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' &\n"
      "echo $! > " +
      pid_file.string() + "\necho begun\nwhile :; do sleep 0.1; done\n");
  RunningBuild build(project);
  REQUIRE(build.wait_for("begun"));

  ::kill(build.pid(), SIGTERM);

  CHECK(build.end_within_bounds().signal == SIGTERM);
  CHECK_FALSE(is_running(pid_in(pid_file)));
  CHECK(build.log().find("build with mvnw: interrupted") != std::string::npos);
  CHECK_FALSE(fs::exists(project.record()));
}

TEST_CASE("a build whose child is ended before its parent was interrupted, it did not fail") {
  Project project;
  const auto pid_file = project.beside("pid");
  project.with_wrapper("echo $$ > " + pid_file.string() + "\necho begun\nsleep 300\n");
  RunningBuild build(project);
  REQUIRE(build.wait_for("begun"));
  const auto child = pid_in(pid_file);

  ::kill(-child, SIGTERM);
  timing::SystemClock().sleep_for(50ms, {});
  ::kill(build.pid(), SIGTERM);

  CHECK(build.end_within_bounds().signal == SIGTERM);
  CHECK(build.log().find("build with mvnw: interrupted") != std::string::npos);
}

TEST_CASE("a flood of output neither stalls the build nor is kept") {
  Project project;
  project.prepared_jar();
  project.with_wrapper("yes 'a line of forty characters, or thereabout' | head -c 20000000\n" +
                       project.copies_jar());

  const auto done = project.build({"--log-level", "warning"});

  CHECK(done.exit.code == 0);
  CHECK(done.err.size() < 1'000);
}

// Slow by nature: the first sign of life comes after ten seconds of silence.
TEST_CASE("a silent build says every ten seconds what it is at") {
  Project project;
  project.prepared_jar();
  project.with_wrapper(
      "echo '[INFO] --- surefire:3.5.6:test (default-test) @ shop ---'\nsleep 11\n" +
      project.copies_jar());

  const auto done = project.build();

  CHECK(done.exit.code == 0);
  CHECK(says(done, "still building: surefire:3.5.6:test (default-test), silent for 1"));
}

TEST_CASE("Maven builds the example application: good, not compiling, failing its tests") {
  file::TempDir folder("build-jar-test");
  const auto app = folder.path() / "example-app";
  fs::copy(support::source_tree() / "jenkins/example-app", app, fs::copy_options::recursive);
  fs::remove_all(app / "target");
  const auto git = [&](std::vector<std::string> arguments) {
    process::Command command{
        .argv = {"git", "-c", "user.name=Dev", "-c", "user.email=dev@example.com"},
        .directory = app};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    REQUIRE(process::capture(command).exit.ok());
  };
  const auto build = [&](std::vector<std::string> arguments) {
    return support::run_tool("build-jar", {.arguments = std::move(arguments), .directory = app});
  };
  git({"init", "--quiet"});
  git({"add", "--all"});
  git({"commit", "--quiet", "--message", "example"});

  const auto good = build({"--skip-tests"});
  REQUIRE_MESSAGE(good.exit.code == 0, good.err);
  CHECK(good.out == "target/shop-1.0.0.jar\n");
  const auto again = build({"--skip-tests", "--offline"});
  CHECK(again.exit.code == 0);
  const auto record = file::read(app / ".stagecraft/release.json");
  const auto document = json::parse(record, "record");
  CHECK(json::Field(document, "record")["jar"]["version"].string() == "1.0.0");

  const auto source = app / "src/main/java/com/example/shop/ShopApplication.java";
  support::write_file(source, file::read(source) + "\nnonsense\n");
  const auto broken = build({"--offline"});
  CHECK(broken.exit.code == 1);
  CHECK(error_of(broken).starts_with("build with mvnw: compile error: [ERROR] "));
  CHECK(file::read(app / ".stagecraft/release.json") == record);

  git({"checkout", "--quiet", "--", "."});
  support::write_file(app / "src/test/java/com/example/shop/FailingTest.java",
                      "package com.example.shop;\nimport org.junit.jupiter.api.Test;\n"
                      "import static org.junit.jupiter.api.Assertions.assertEquals;\n"
                      "class FailingTest {\n  @Test void fails() { assertEquals(1, 2); }\n}\n");
  const auto failing = build({"--offline", "--", "-Dtest=FailingTest"});
  CHECK(failing.exit.code == 1);
  CHECK(
      error_of(failing).starts_with("build with mvnw: tests failed: [ERROR]   FailingTest.fails:"));
}
