// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/selection.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "file/temp_dir.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace {

using s3_upload_bundle::Choice;
using s3_upload_bundle::Filter;
using s3_upload_bundle::Glob;
using s3_upload_bundle::IgnoreFile;
using s3_upload_bundle::Selection;

Filter include(std::string_view glob) { return {.choice = Choice::include, .glob = Glob(glob)}; }
Filter exclude(std::string_view glob) { return {.choice = Choice::exclude, .glob = Glob(glob)}; }

// A small tree: files, and folders with a "/" at the end.
const std::vector<std::string> tree{
    "a",   "a.log",    "b.txt",     "x/",          "x/a",     "x/a.log", "x/y/",
    "x/b", "x/y/a",    "x/y/b.log", "x/y/z/",      "x/y/z/a", "build/",  "build/a.log",
    "#c",  "x/build/", "x/build/a", "x/build/b.c", "!d",      "e f",     "g "};

// "x**/": git 2.39 takes it for "**/" or "*/", depending on where its strings are in memory.
bool has_stars_within_a_name(std::string_view pattern) {
  for (auto at = pattern.find("**"); at != std::string_view::npos;
       at = pattern.find("**", at + 1)) {
    if (at > 0 && pattern[at - 1] != '/') return true;
  }
  return false;
}

std::string random_pattern(std::minstd_rand& random) {
  constexpr std::array<std::string_view, 22> pieces{
      "a", "b", "x", "y",    "z",    "/", "/",  "*",     "**",  "**/",  "/**",
      "?", "!", "#", "[ab]", ".log", " ", "\\", "build", "\\ ", "[!a]", "*.log"};
  std::string pattern;
  const auto count = 1 + random() % 5;
  for (unsigned i = 0; i < count; ++i) pattern += pieces[random() % pieces.size()];
  return has_stars_within_a_name(pattern) ? random_pattern(random) : pattern;
}

}  // namespace

TEST_CASE("an ignore file is read as gitignore says") {
  struct Case {
    std::string_view lines;
    std::string_view path;
    bool is_folder;
    bool ignored;
  };
  const std::vector<Case> cases{
      {"", "a", false, false},
      {"# a\n\n  \n", "a", false, false},
      {"*.log\n!keep.log\n", "x.log", false, true},
      {"*.log\n!keep.log\n", "keep.log", false, false},
      {"!keep.log\n*.log\n", "keep.log", false, true},
      {"build/\n!build/keep\n", "build/keep", false, true},
      {"build/*\n!build/keep\n", "build/keep", false, false},
      {"build/\n", "build", false, false},
      {"\\#a\n", "#a", false, true},
      {"\\!a\n", "!a", false, true},
      {"a \r\n", "a", false, true},
      {"a\\ \n", "a ", false, true},
      {"\xef\xbb\xbf"
       "a\n",
       "a", false, true},
      {"[a\nb\n", "b", false, true},
  };
  for (const auto& each : cases) {
    CAPTURE(each.lines);
    CAPTURE(each.path);
    CHECK(IgnoreFile(each.lines).ignores(each.path, each.is_folder) == each.ignored);
  }
}

TEST_CASE("an ignore file of random patterns leaves out what git leaves out") {
  const file::TempDir folder("ignore");
  REQUIRE(process::capture({.argv = {"git", "init", "-q", folder.path()}}).exit.ok());
  std::string asked;
  for (const auto& path : tree) {
    if (path.ends_with('/')) {
      std::filesystem::create_directories(folder.path() / path);
    } else {
      support::write_file(folder.path() / path, "x");
    }
    asked += path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
    asked += '\0';
  }
  const file::TempDir questions("ignore");
  support::write_file(questions.path() / "paths", asked);
  std::minstd_rand random(7);
  const auto level = logging::level();
  logging::set_level(logging::Level::error);
  for (int round = 0; round < 100; ++round) {
    std::string lines;
    for (int i = 0; i < 4; ++i) lines += random_pattern(random) + "\n";
    support::write_file(folder.path() / ".gitignore", lines);
    const auto git =
        process::capture({.argv = {"git", "check-ignore", "--no-index", "-z", "--stdin"},
                          .directory = folder.path(),
                          .input = questions.path() / "paths"});
    REQUIRE(git.exit.code <= 1);
    const auto answers = text::split(git.out, '\0');
    const IgnoreFile ours(lines);
    for (const auto& path : tree) {
      const bool is_folder = path.ends_with('/');
      const std::string_view name =
          std::string_view(path).substr(0, path.size() - (is_folder ? 1 : 0));
      const bool ignored = std::ranges::find(answers, name) != answers.end();
      CAPTURE(lines);
      CAPTURE(path);
      CHECK(ours.ignores(name, is_folder) == ignored);
    }
  }
  logging::set_level(level);
}

TEST_CASE("the last of --include and --exclude that matches a file or its folder counts") {
  const Selection scripts_only({}, {exclude("*"), include("scripts/")});
  CHECK(scripts_only.takes("scripts", true));
  CHECK(scripts_only.takes("scripts/a/b.sh", false));
  CHECK_FALSE(scripts_only.takes("readme.md", false));

  const Selection but_one({}, {exclude("docs/"), include("docs/keep.md"), exclude("*.tmp")});
  CHECK(but_one.takes("docs/keep.md", false));
  CHECK_FALSE(but_one.takes("docs/other.md", false));
  CHECK_FALSE(but_one.takes("docs/keep.md.tmp", false));
  CHECK(but_one.takes("else", false));
}

TEST_CASE("--include takes back what the ignore file leaves out") {
  const Selection selection(IgnoreFile("build/\n*.log\n"), {include("build/app.conf")});
  CHECK(selection.takes("build/app.conf", false));
  CHECK_FALSE(selection.takes("build/other", false));
  CHECK_FALSE(selection.takes("a.log", false));
}

TEST_CASE("a folder is not looked into when nothing in it can be taken") {
  CHECK_FALSE(Selection(IgnoreFile("build/\n"), {}).may_take_below("build"));
  CHECK_FALSE(Selection({}, {exclude("build/")}).may_take_below("build"));
  CHECK(Selection({}, {exclude("build/"), include("*.conf")}).may_take_below("build"));
}

TEST_CASE("version control and litter are left out wherever they are") {
  for (const auto* path : {".git", ".git/HEAD", "x/.svn/entries", ".hg", "a/.DS_Store"}) {
    CAPTURE(path);
    CHECK(s3_upload_bundle::is_left_out(path));
  }
  for (const auto* path : {".gitignore", "git", "x.git", ".github/x"}) {
    CAPTURE(path);
    CHECK_FALSE(s3_upload_bundle::is_left_out(path));
  }
}
