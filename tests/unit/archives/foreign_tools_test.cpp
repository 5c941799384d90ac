// SPDX-License-Identifier: Apache-2.0
// What Debian's own unzip and tar say of our archives.
#include <doctest/doctest.h>

#include <string>

#include "archives/tar_writer.hpp"
#include "archives/zip_writer.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"

TEST_CASE("unzip -tqq accepts a zip without a word and unpacks links and modes") {
  const file::TempDir folder("zip-test");
  const std::string zip = (folder.path() / "a.zip").string();
  archives::zip_to_file(
      {{.path = "scripts/start.sh", .executable = true, .content = std::string(10'000, 'x')},
       {.path = "current", .kind = archives::ZipKind::symlink, .content = "scripts/start.sh"},
       {.path = "empty", .kind = archives::ZipKind::directory},
       {.path = "caf\xc3\xa9.txt", .content = "x"}},
      zip);

  const auto tested = process::capture({.argv = {"unzip", "-tqq", zip}});
  CHECK(tested.exit.ok());
  CHECK(tested.out + tested.err == "");
  REQUIRE(process::capture({.argv = {"unzip", "-qq", zip, "-d", folder.path()}}).exit.ok());
  CHECK(std::filesystem::read_symlink(folder.path() / "current") == "scripts/start.sh");
  CHECK(std::filesystem::is_directory(folder.path() / "empty"));
  CHECK((std::filesystem::status(folder.path() / "scripts/start.sh").permissions() &
         std::filesystem::perms::owner_exec) != std::filesystem::perms::none);
}

TEST_CASE("tar lists and unpacks long and non-ASCII names") {
  const file::TempDir folder("tar-test");
  const std::string tar = (folder.path() / "a.tar").string();
  const std::string long_name =
      "app/" + std::string(150, 'c') + "/" + std::string(90, 'd') + ".class";
  std::string bytes;
  archives::TarWriter writer([&bytes](std::span<const std::byte> chunk) {
    bytes.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  });
  writer.add({.path = long_name}, "long");
  writer.add({.path = "app/caf\xc3\xa9"}, "utf-8");
  writer.finish();
  file::write_atomically(tar, bytes);

  const auto listed = process::capture({.argv = {"tar", "--quoting-style=literal", "-tf", tar}});
  CHECK(listed.exit.ok());
  CHECK(listed.err == "");
  CHECK(listed.out == long_name + "\napp/caf\xc3\xa9\n");
  REQUIRE(process::capture({.argv = {"tar", "-C", folder.path(), "-xf", tar}}).exit.ok());
  CHECK(file::read(folder.path() / long_name) == "long");
}
