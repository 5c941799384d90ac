// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_run.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include "build-jar/build_output.hpp"
#include "build-jar/gradle.hpp"

using namespace std::chrono_literals;
using process::Ending;

namespace {

const build_jar::BuildCall call{.argv = {"/w/mvnw", "package"}, .limit = 30min};

build_jar::Ended ended(process::Exit exit, Ending ending = Ending::exited) {
  return {.result = {.exit = exit, .ending = ending}};
}

}  // namespace

TEST_CASE("a build's end tells whether it failed and how") {
  using base::Kind;
  const auto stopped_after = [](process::Exit exit) {
    auto result = ended(exit);
    result.stop_came = true;
    return result;
  };
  auto at_task = ended({.code = 1});
  at_task.task = ":compileJava";
  auto known = ended({.code = 1});
  known.finding = {&build_jar::known_failures().front(), "the line"};
  struct Case {
    const char* what;
    build_jar::Ended end;
    Kind kind;
    std::string message;
  };
  const std::vector<Case> cases{
      {"code 1", ended({.code = 1}), Kind::refused, "build with mvnw: exit code 1"},
      {"at a task", at_task, Kind::refused, "build with mvnw: exit code 1 at :compileJava"},
      {"known", known, Kind::integrity,
       "build with mvnw: the downloaded build tool is not the one the wrapper names: the line "
       "(exit "
       "code 1)"},
      {"timed out", ended({.signal = SIGKILL}, Ending::timed_out), Kind::timed_out,
       "build with mvnw: no end after 30m00s"},
      {"out of memory", ended({.signal = SIGKILL}), Kind::environment,
       "build with mvnw: signal 9 (Killed)"},
      {"out of memory, told by a shell", ended({.code = 137}), Kind::environment,
       "build with mvnw: exit code 137"},
      {"stopped by us", ended({.signal = SIGTERM}, Ending::stopped), Kind::unavailable,
       "build with mvnw: interrupted"},
      {"ended by TERM just before our stop", stopped_after({.signal = SIGTERM}), Kind::unavailable,
       "build with mvnw: interrupted"},
      {"a JVM ended by TERM just before our stop", stopped_after({.code = 143}), Kind::unavailable,
       "build with mvnw: interrupted"},
      {"ended by TERM without a stop of ours", ended({.signal = SIGTERM}), Kind::refused,
       "build with mvnw: signal 15 (Terminated)"},
      {"failed just before our stop", stopped_after({.code = 1}), Kind::refused,
       "build with mvnw: exit code 1"},
  };
  for (const auto& [what, end, kind, message] : cases) {
    CAPTURE(what);
    const auto error = build_jar::find_error(call, end);
    REQUIRE(error.has_value());
    CHECK(error->kind() == kind);
    CHECK(error->message() == message);
  }
  CHECK_FALSE(build_jar::find_error(call, ended({.code = 0})).has_value());
  CHECK_FALSE(build_jar::find_error(call, stopped_after({.code = 0})).has_value());
}

TEST_CASE("the task a line begins is what a silent build is said to be at") {
  CHECK(build_jar::task_begun_by("[INFO] --- surefire:3.5.6:test (default-test) @ shop ---") ==
        "surefire:3.5.6:test (default-test)");
  CHECK(build_jar::task_begun_by("> Task :app:compileJava") == ":app:compileJava");
  CHECK(build_jar::task_begun_by("> Task :app:bootJar UP-TO-DATE") == ":app:bootJar");
  CHECK(build_jar::task_begun_by("[INFO] Building jar: x.jar").empty());
  CHECK(build_jar::task_begun_by("").empty());
}

TEST_CASE("Gradle's own word makes an old boot jar current") {
  CHECK(build_jar::says_boot_jar_is_current("> Task :bootJar UP-TO-DATE"));
  CHECK(build_jar::says_boot_jar_is_current("> Task :web:bootJar FROM-CACHE"));
  CHECK_FALSE(build_jar::says_boot_jar_is_current("> Task :bootJar"));
  CHECK_FALSE(build_jar::says_boot_jar_is_current("> Task :bootJar SKIPPED"));
  CHECK_FALSE(build_jar::says_boot_jar_is_current("> Task :jar UP-TO-DATE"));
  CHECK_FALSE(build_jar::says_boot_jar_is_current("log: > Task :bootJar UP-TO-DATE"));
}
