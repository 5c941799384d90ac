// SPDX-License-Identifier: Apache-2.0
#include "build-jar/known_failures.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

std::optional<build_jar::FailureFinder::Finding> find_in(const std::vector<std::string>& lines) {
  build_jar::FailureFinder finder;
  for (const auto& line : lines) finder.look_at(line);
  return finder.find();
}

}  // namespace

TEST_CASE("a build's output gives the cause away") {
  using base::Kind;
  struct Case {
    std::vector<std::string> lines;
    const char* name;
    Kind kind;
    const char* evidence;
  };
  const std::vector<Case> cases{
      {{"[ERROR] COMPILATION ERROR : ",
        "[ERROR] /w/src/main/java/a/B.java:[12,5] cannot find symbol",
        "[ERROR]   symbol:   class Foo"},
       "compile_error",
       Kind::refused,
       "[ERROR] /w/src/main/java/a/B.java:[12,5] cannot find symbol"},
      {{"/w/src/main/java/a/B.java:12: error: cannot find symbol",
        "> Compilation failed; see the compiler error output for details."},
       "compile_error",
       Kind::refused,
       "/w/src/main/java/a/B.java:12: error: cannot find symbol"},
      {{"e: file:///w/src/main/kotlin/A.kt:3:1 Unresolved reference: x",
        "> Compilation error. See log for more details"},
       "compile_error",
       Kind::refused,
       "e: file:///w/src/main/kotlin/A.kt:3:1 Unresolved reference: x"},
      {{"[ERROR] Tests run: 1, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.1 s <<< "
        "FAILURE!",
        "[ERROR]   GreetingTest.greets:34 expected: <a> but was: <b>",
        "[ERROR] There are test failures."},
       "tests_failed",
       Kind::refused,
       "[ERROR]   GreetingTest.greets:34 expected: <a> but was: <b>"},
      {{"GreetingTest > greets() FAILED",
        "> There were failing tests. See the report at: file:///x"},
       "tests_failed",
       Kind::refused,
       "GreetingTest > greets() FAILED"},
      {{"[ERROR] Failed to execute goal on project a: Could not resolve dependencies: Could not "
        "transfer artifact a:b:pom:1 from/to central (https://repo.maven.apache.org/maven2): "
        "Connection refused"},
       "repository_unavailable",
       Kind::unavailable,
       "[ERROR] Failed to execute goal on project a: Could not resolve dependencies: Could not "
       "transfer artifact a:b:pom:1 from/to central (https://repo.maven.apache.org/maven2): "
       "Connection refused"},
      {{"[ERROR] Could not transfer artifact a:b:pom:1 from/to nexus (https://n): status code: "
        "401, "
        "reason phrase: Unauthorized (401)"},
       "repository_refused",
       Kind::environment,
       nullptr},
      {{"[ERROR] Could not find artifact a:b:jar:99 in central "
        "(https://repo.maven.apache.org/maven2)"},
       "no_such_dependency",
       Kind::refused,
       nullptr},
      {{"[ERROR] Cannot access central (https://repo.maven.apache.org/maven2) in offline mode and "
        "the "
        "artifact a:b:pom:1 has not been downloaded from it before."},
       "offline",
       Kind::environment,
       nullptr},
      {{"> Could not GET 'https://plugins.gradle.org/m2/x.pom'. Received status code 503"},
       "repository_unavailable",
       Kind::unavailable,
       nullptr},
      {{"> No cached version of a:b:1 available for offline mode."},
       "offline",
       Kind::environment,
       nullptr},
      {{"Exception in thread \"main\" java.net.UnknownHostException: services.gradle.org"},
       "wrapper_unavailable",
       Kind::unavailable,
       nullptr},
      {{"curl: Failed to fetch https://repo.maven.apache.org/maven2/org/apache/maven/x-bin.zip"},
       "wrapper_unavailable",
       Kind::unavailable,
       nullptr},
      {{"Error: Failed to validate Maven distribution SHA-256, your Maven distribution might be "
        "compromised."},
       "wrapper_hash",
       Kind::integrity,
       nullptr},
      {{"[ERROR] No compiler is provided in this environment. Perhaps you are running on a JRE?"},
       "no_jdk",
       Kind::environment,
       nullptr},
      {{"[ERROR] Fatal error compiling: error: release version 25 not supported"},
       "old_jdk",
       Kind::environment,
       nullptr},
      {{"error: error reading /root/.m2/a.jar; zip END header not found"},
       "corrupt_cache",
       Kind::environment,
       nullptr},
      {{"java.io.IOException: No space left on device"}, "no_space", Kind::environment, nullptr},
      {{"Task 'bootJar' not found in root project 'shop'."},
       "no_boot_plugin",
       Kind::refused,
       nullptr},
      {{"Unrecognized option: --fast"}, "bad_argument", Kind::usage, nullptr},
  };
  for (const auto& [lines, name, kind, evidence] : cases) {
    CAPTURE(lines.front());
    const auto finding = find_in(lines);
    REQUIRE(finding.has_value());
    CHECK(finding->failure->name == name);
    CHECK(finding->failure->kind == kind);
    CHECK(finding->evidence == (evidence == nullptr ? lines.front() : evidence));
  }
}

TEST_CASE("a failed test that lost a connection is a failed test") {
  const auto finding = find_in({"java.net.UnknownHostException: db.example.com",
                                "[ERROR]   OrderIT.places » UnknownHost db.example.com",
                                "[ERROR] There are test failures."});

  REQUIRE(finding.has_value());
  CHECK(finding->failure->name == "tests_failed");
}

TEST_CASE("output that tells nothing known has no finding") {
  CHECK_FALSE(find_in({"[INFO] BUILD FAILURE", "something else"}).has_value());
  CHECK_FALSE(find_in({}).has_value());
}

TEST_CASE("a long line is cut when it is repeated as evidence") {
  const auto finding = find_in({"No space left on device" + std::string(5'000, 'x')});

  REQUIRE(finding.has_value());
  CHECK(finding->evidence.size() < 310);
}

TEST_CASE("every known failure has a cause and a next thing to try") {
  for (const auto& failure : build_jar::known_failures()) {
    CAPTURE(failure.name);
    CHECK_FALSE(failure.name.empty());
    CHECK_FALSE(failure.words.at(0).empty());
    CHECK_FALSE(failure.cause.empty());
    CHECK_FALSE(failure.hint.empty());
    CHECK_FALSE(failure.cause.ends_with('.'));
    CHECK_FALSE(failure.hint.ends_with('.'));
  }
}
