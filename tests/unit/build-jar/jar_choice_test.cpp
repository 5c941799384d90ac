// SPDX-License-Identifier: Apache-2.0
#include "build-jar/jar_choice.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "synthetic_jar.hpp"

namespace fs = std::filesystem;

namespace {

const std::string none;

std::set<std::string> names_in(const fs::path& project, const std::string& pattern) {
  std::set<std::string> names;
  for (const auto& [path, mark] : build_jar::outputs(project, pattern)) {
    names.insert(fs::proximate(path, project).string());
  }
  return names;
}

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

build_jar::Candidate fresh(const char* path) { return {.path = path, .of_this_run = true}; }
build_jar::Candidate fresh_plain(const char* path) {
  return {.path = path, .of_this_run = true, .why_not = std::string(path) + " has no Main-Class"};
}
build_jar::Candidate old(const char* path) { return {.path = path}; }
build_jar::Candidate damaged(const char* path) {
  return {.path = path,
          .of_this_run = true,
          .why_not = std::string(path) + ": no zip",
          .damaged = true};
}

}  // namespace

TEST_CASE("jars are looked for in every module's target and build/libs") {
  file::TempDir folder("jar-choice");
  for (const auto* name :
       {"target/app.jar", "target/app.jar.original", "target/classes/a.jar", "build/libs/app.jar",
        "build/tmp/x.jar", "lib/ext.jar", "modules/web/target/web.war",
        "modules/web/build/libs/web.jar", "src/test/resources/target/fake.jar",
        "node_modules/x/target/y.jar", ".git/target/z.jar"}) {
    touch(folder.path() / name);
  }

  CHECK(names_in(folder.path(), "") == std::set<std::string>{"target/app.jar", "build/libs/app.jar",
                                                             "modules/web/target/web.war",
                                                             "modules/web/build/libs/web.jar"});
  CHECK(names_in(folder.path(), "modules/*/build/libs/*.jar") ==
        std::set<std::string>{"modules/web/build/libs/web.jar"});
  CHECK(names_in(folder.path(), "lib/ext.jar") == std::set<std::string>{"lib/ext.jar"});
  CHECK(names_in(folder.path(), "nothing/*.jar").empty());
}

TEST_CASE("a wildcard in the project's own path is no wildcard") {
  file::TempDir folder("jar-choice");
  touch(folder.path() / "a[1]" / "target/app.jar");
  touch(folder.path() / "a1" / "target/app.jar");

  CHECK(build_jar::outputs(folder.path() / "a[1]", "target/*.jar").size() == 1);
}

TEST_CASE("a file put in the place of another one is of this run, whatever its modification time") {
  file::TempDir folder("jar-choice");
  const auto path = folder.path() / "target/app.jar";
  const auto fixed = fs::file_time_type::clock::now() - std::chrono::hours(1'000);
  write_jar(path, {});
  fs::last_write_time(path, fixed);
  const auto before = build_jar::outputs(folder.path(), none);
  CHECK_FALSE(build_jar::candidates(before, before).at(0).of_this_run);

  write_jar(path, {});
  fs::last_write_time(path, fixed);

  CHECK(build_jar::candidates(before, build_jar::outputs(folder.path(), none)).at(0).of_this_run);
}

TEST_CASE("the manifest tells a boot jar, never the name") {
  file::TempDir folder("jar-choice");
  const auto libs = folder.path() / "build/libs";
  write_plain_jar(libs / "app.jar");
  write_jar(libs / "app-plain.jar", {});
  std::ofstream(libs / "broken.jar") << "no zip at all";

  const auto found = build_jar::candidates({}, build_jar::outputs(folder.path(), none));

  REQUIRE(found.size() == 3);
  CHECK(build_jar::choose(found, {}).path == libs / "app-plain.jar");
  for (const auto& candidate : found) {
    CAPTURE(candidate.path);
    CHECK(candidate.why_not.empty() == (candidate.path.filename() == "app-plain.jar"));
    CHECK(candidate.damaged == (candidate.path.filename() == "broken.jar"));
  }
}

TEST_CASE("the one boot jar of this run is chosen") {
  struct Case {
    const char* what;
    std::vector<build_jar::Candidate> candidates;
    bool old_is_current;
    const char* chosen;
  };
  const std::vector<Case> cases{
      {"alone", {fresh("a.jar")}, false, "a.jar"},
      {"beside a plain one", {fresh_plain("a-plain.jar"), fresh("a.jar")}, false, "a.jar"},
      {"beside an old one", {old("a-1.jar"), fresh("a-2.jar")}, false, "a-2.jar"},
      {"beside a damaged one", {damaged("a-1.jar"), fresh("a-2.jar")}, false, "a-2.jar"},
      {"nothing was written", {old("a.jar")}, false, "a.jar"},
      {"old, said to be current", {fresh_plain("b.jar"), old("a.jar")}, true, "a.jar"},
  };
  for (const auto& [what, candidates, old_is_current, chosen] : cases) {
    CAPTURE(what);
    CHECK(build_jar::choose(candidates, {.old_is_current = old_is_current}).path == chosen);
  }
}

TEST_CASE("without one boot jar the choice fails and says why") {
  using base::Kind;
  struct Case {
    const char* what;
    std::vector<build_jar::Candidate> candidates;
    Kind kind;
    const char* message;
  };
  const std::vector<Case> cases{
      {"nothing", {}, Kind::refused, "find the boot jar: no jar in any target/ or build/libs/"},
      {"plain only",
       {fresh_plain("a.jar")},
       Kind::refused,
       "find the boot jar: a.jar has no Main-Class"},
      {"plain, and an old boot jar",
       {fresh_plain("a-2.jar"), old("a-1.jar")},
       Kind::refused,
       "find the boot jar: a-2.jar has no Main-Class; a-1.jar is of an earlier run"},
      {"two",
       {fresh("a.jar"), fresh("b.jar")},
       Kind::usage,
       "find the boot jar: 2 of them: a.jar (0 B), b.jar (0 B)"},
      {"two old ones",
       {old("a.jar"), old("b.jar")},
       Kind::usage,
       "find the boot jar: 2 of them: a.jar (0 B), b.jar (0 B)"},
      {"damaged", {damaged("a.jar")}, Kind::integrity, "find the boot jar: a.jar: no zip"},
  };
  for (const auto& [what, candidates, kind, message] : cases) {
    CAPTURE(what);
    try {
      build_jar::choose(candidates, {});
      FAIL("one was chosen");
    } catch (const base::Error& error) {
      CHECK(error.kind() == kind);
      CHECK(error.message() == message);
      CHECK_FALSE(error.hint().empty());
    }
  }
}
