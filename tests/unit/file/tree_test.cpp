// SPDX-License-Identifier: Apache-2.0
#include "file/tree.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace fs = std::filesystem;
using support::error_of;

namespace {

std::vector<std::string> paths_of(const std::vector<file::TreeEntry>& entries) {
  std::vector<std::string> paths;
  for (const auto& entry : entries) paths.push_back(entry.path);
  return paths;
}

}  // namespace

TEST_CASE("a tree is listed bytewise by its whole path") {
  const file::TempDir root("tree-test");
  for (const auto* name : {"b", "a/x", "a-b", "a.b", "B", "\xc3\xa4"}) {
    file::write_atomically(root.path() / name, "");
  }

  CHECK(paths_of(file::tree(root.path())) ==
        std::vector<std::string>{"B", "a", "a-b", "a.b", "a/x", "b", "\xc3\xa4"});
}

TEST_CASE("an entry tells its kind, size, owner's execute bit and where a link points") {
  const file::TempDir root("tree-test");
  file::write_atomically(root.path() / "plain", "12345");
  file::write_atomically(root.path() / "script", "#!/bin/sh\n", 0744);
  fs::create_directory(root.path() / "folder");
  fs::create_symlink("/etc/passwd", root.path() / "link");

  const auto entries = file::tree(root.path());

  REQUIRE(paths_of(entries) == std::vector<std::string>{"folder", "link", "plain", "script"});
  CHECK(entries[0].kind == file::EntryKind::directory);
  CHECK(entries[1].kind == file::EntryKind::symlink);
  CHECK(entries[1].link_target == "/etc/passwd");
  CHECK(entries[1].size == 0);
  CHECK(entries[2].kind == file::EntryKind::regular);
  CHECK(entries[2].size == 5);
  CHECK_FALSE(entries[2].executable);
  CHECK(entries[3].executable);
}

TEST_CASE("links are not followed, not even to a folder or to nothing") {
  const file::TempDir outside("tree-test");
  file::write_atomically(outside.path() / "secret", "x");
  const file::TempDir root("tree-test");
  fs::create_directory_symlink(outside.path(), root.path() / "away");
  fs::create_symlink("nowhere", root.path() / "dangling");

  CHECK(paths_of(file::tree(root.path())) == std::vector<std::string>{"away", "dangling"});
}

TEST_CASE("paths are relative to the root however it is written") {
  const file::TempDir root("tree-test");
  file::write_atomically(root.path() / "a" / "b", "x");
  const std::vector<std::string> expected{"a", "a/b"};

  CHECK(paths_of(file::tree(root.path().string() + "/")) == expected);
  CHECK(paths_of(file::tree(root.path() / ".")) == expected);
  CHECK(paths_of(file::tree(root.path() / "a" / "..")) == expected);
}

TEST_CASE("a FIFO in the tree is refused by its name") {
  const file::TempDir root("tree-test");
  const auto pipe = root.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);

  const auto error = error_of([&] { file::tree(root.path()); });

  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read " + pipe.string() + ": neither file, folder nor link");
}

TEST_CASE("a tree of more entries than allowed is refused") {
  const file::TempDir root("tree-test");
  for (const auto* name : {"a", "b", "c"}) file::write_atomically(root.path() / name, "");

  CHECK(file::tree(root.path(), 3).size() == 3);
  const auto error = error_of([&] { file::tree(root.path(), 2); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read folder " + root.path().string() + ": more than 2 entries");
}

TEST_CASE("an empty folder has an empty tree, a missing one is an environment failure") {
  const file::TempDir root("tree-test");
  CHECK(file::tree(root.path()).empty());

  const auto error = error_of([&] { file::tree(root.path() / "none"); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "read folder " + (root.path() / "none").string() + ": No such file or directory");
}

TEST_CASE("a visitor chooses what is taken, what is passed through and what is not looked into") {
  const file::TempDir root("tree-test");
  file::write_atomically(root.path() / "skipped" / "a", "");
  file::write_atomically(root.path() / "passed" / "a", "");
  file::write_atomically(root.path() / "passed" / "b", "");
  REQUIRE(::mkfifo((root.path() / "pipe").c_str(), 0600) == 0);

  const auto entries = file::tree(root.path(), [](const std::string& path, file::EntryKind kind) {
    CHECK(path != "skipped/a");
    if (path == "skipped" || path == "pipe" || path == "passed/b") return file::Visit::skip;
    return kind == file::EntryKind::directory ? file::Visit::pass : file::Visit::take;
  });

  CHECK(paths_of(entries) == std::vector<std::string>{"passed/a"});
}
