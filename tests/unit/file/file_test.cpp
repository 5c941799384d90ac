// SPDX-License-Identifier: Apache-2.0
#include "file/file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace fs = std::filesystem;
using support::error_of;

namespace {

unsigned mode_of(const fs::path& path) {
  return static_cast<unsigned>(fs::status(path).permissions());
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

}  // namespace

TEST_CASE("what was written is read back, parents included") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "a" / "b" / "c.txt";
  const std::string content("line\n\0byte", 10);

  file::write_atomically(path, content);

  CHECK(file::read(path) == content);
  CHECK(file::find(path) == content);
  CHECK(names_in(path.parent_path()) == std::vector<std::string>{"c.txt"});
}

TEST_CASE("what was written without fsync replaces the file as a whole too") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "cache" / "entry";
  file::write_atomically_unsynced(path, "old");
  const auto reader = file::open_for_reading(path);
  const auto before = file::snapshot(reader);

  file::write_atomically_unsynced(path, "new and longer");

  CHECK(file::snapshot(reader) == before);
  CHECK(file::read(path) == "new and longer");
  CHECK(names_in(path.parent_path()) == std::vector<std::string>{"entry"});
}

TEST_CASE("a file gets the mode asked for, whatever the umask and the mode it had") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "secret";
  const auto old_mask = ::umask(077);

  file::write_atomically(path, "public", 0644);
  CHECK(mode_of(path) == 0644);
  file::write_atomically(path, "secret", 0600);
  CHECK(mode_of(path) == 0600);

  ::umask(old_mask);
}

TEST_CASE("a reader that holds the file open keeps the old content when it is replaced") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "record";
  file::write_atomically(path, "old");
  const auto reader = file::open_for_reading(path);
  const auto before = file::snapshot(reader);

  file::write_atomically(path, "new and longer");

  CHECK(file::snapshot(reader) == before);
  CHECK(file::read(path) == "new and longer");
  CHECK(file::snapshot(file::open_for_reading(path)) != before);
}

TEST_CASE("a write that fails leaves the old file and no temporary one") {
  const file::TempDir folder("file-test");
  const auto taken = folder.path() / "taken";
  file::write_atomically(taken / "inside", "kept");  // a folder stands where the file should go

  const auto error = error_of([&] { file::write_atomically(taken, "new"); });

  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() == "write " + taken.string() + ": Is a directory");
  CHECK(file::read(taken / "inside") == "kept");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"taken"});
}

TEST_CASE("a parent that is a file is told by its path") {
  const file::TempDir folder("file-test");
  const auto blocker = folder.path() / "blocker";
  file::write_atomically(blocker, "");

  const auto error = error_of([&] { file::write_atomically(blocker / "x", "new"); });

  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() == "make folder " + blocker.string() + ": Not a directory");
}

TEST_CASE("a missing file is absent to find and an environment failure to read") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "none";

  CHECK_FALSE(file::find(path));
  CHECK_FALSE(file::find(path / "below"));
  const auto error = error_of([&] { file::read(path); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() == "open " + path.string() + ": No such file or directory");
}

TEST_CASE("a folder cannot be read as a file") {
  const file::TempDir folder("file-test");
  CHECK(error_of([&] { file::read(folder.path()); }).kind() == base::Kind::environment);
  CHECK(error_of([&] { file::find(folder.path()); }).kind() == base::Kind::environment);
}

TEST_CASE("a file of the cap is read, one byte more is refused") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "big";
  file::write_atomically(path, std::string(2'048, 'x'));

  CHECK(file::read(path, 2'048).size() == 2'048);
  const auto error = error_of([&] { file::read(path, 2'047); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read " + path.string() + ": larger than 2.0 KiB");
  CHECK(error_of([&] { file::find(path, 1'024); }).kind() == base::Kind::integrity);
}

TEST_CASE("a file without end is read up to the cap only") {
  CHECK(error_of([] { file::read("/dev/zero", 1U << 20U); }).kind() == base::Kind::integrity);
}

TEST_CASE("a second lock on the same path is a conflict until the first is released") {
  const file::TempDir folder("file-test");
  const auto path = folder.path() / "sub" / ".lock";
  {
    const file::Lock first(path);
    const auto error = error_of([&] { const file::Lock second(path, 0); });
    CHECK(error.kind() == base::Kind::conflict);
    CHECK(error.message() == "lock " + path.string() + ": another process holds it");
  }
  const file::Lock again(path, 0);
  CHECK(fs::exists(path));
}

TEST_CASE("locks on different paths do not meet") {
  const file::TempDir folder("file-test");
  const file::Lock first(folder.path() / "one", 0);
  const file::Lock second(folder.path() / "two", 0);
  CHECK(fs::exists(folder.path() / "two"));
}

TEST_CASE("making folders that are there is fine") {
  const file::TempDir folder("file-test");
  file::make_directories(folder.path() / "a" / "b");
  file::make_directories(folder.path() / "a" / "b");
  file::make_directories({});
  CHECK(fs::is_directory(folder.path() / "a" / "b"));
}

TEST_CASE("a temporary folder is private and goes with all it holds") {
  fs::path path;
  {
    const file::TempDir folder("file-test");
    path = folder.path();
    CHECK(mode_of(path) == 0700);
    file::write_atomically(path / "a" / "b", "x");
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a moved temporary folder is removed once, by its last owner") {
  fs::path path;
  {
    file::TempDir first("file-test");
    path = first.path();
    {
      const file::TempDir second(std::move(first));
      CHECK(fs::exists(path));
    }
    CHECK_FALSE(fs::exists(path));
  }
}

TEST_CASE("a temporary folder is made in the parent that was named") {
  const file::TempDir outer("file-test");
  const file::TempDir inner("inner", outer.path() / "new");
  CHECK(inner.path().parent_path() == outer.path() / "new");
}

TEST_CASE("a pipe or a device is no file to open, and nobody waits for it") {
  const file::TempDir folder("file-test");
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const fs::path& path : {pipe, fs::path("/dev/zero"), folder.path()}) {
    const auto error = error_of([&path] { file::open_for_reading(path); });
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.message() == "open " + path.string() + ": it is no regular file");
  }
}
