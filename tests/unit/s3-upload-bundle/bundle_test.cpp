// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/bundle.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/temp_dir.hpp"
#include "s3-upload-bundle/pack.hpp"
#include "s3-upload-bundle/secrets.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

namespace fs = std::filesystem;
using s3_upload_bundle::Bundle;
using s3_upload_bundle::FolderOptions;
using s3_upload_bundle::Format;
using s3_upload_bundle::Symlinks;

constexpr auto appspec =
    "version: 0.0\nos: linux\nhooks:\n  ApplicationStart:\n    - location: scripts/start.sh\n";

class Folder {
 public:
  Folder() : folder_("bundle") {
    write("appspec.yml", appspec);
    write("scripts/start.sh", "#!/bin/sh\n", 0755);
  }

  void write(const std::string& name, const std::string& content, unsigned mode = 0644) const {
    support::write_file(path() / name, content, mode);
  }
  void link(const std::string& name, const std::string& target) const {
    fs::create_symlink(target, path() / name);
  }
  const fs::path& path() const { return folder_.path(); }

  Bundle read(FolderOptions options = {}) const {
    options.source = path();
    return s3_upload_bundle::read_folder(options, "IMAGE=x\n");
  }
  // The messages of links that lead out, as reading and checking bring them up.
  std::vector<std::string> messages(Symlinks symlinks = Symlinks::keep) const {
    const auto bundle = read({.symlinks = symlinks});
    std::vector<std::string> result;
    for (const auto& finding : bundle.findings) result.push_back(finding.message);
    for (const auto& finding : links_out(bundle)) result.push_back(finding.message);
    return result;
  }

 private:
  file::TempDir folder_;
};

std::vector<std::string> names(const Bundle& bundle) {
  std::vector<std::string> result;
  for (const auto& entry : bundle.entries) result.push_back(entry.path);
  return result;
}

}  // namespace

TEST_CASE("a bundle holds the folder's files and release.env, and no version control") {
  const Folder folder;
  folder.write(".git/HEAD", "ref");
  folder.write("scripts/.svn/entries", "x");
  folder.write(".DS_Store", "x");
  fs::create_directory(folder.path() / "empty");

  const auto bundle = folder.read();

  CHECK(names(bundle) == std::vector<std::string>{"appspec.yml", "empty", "release.env", "scripts",
                                                  "scripts/start.sh"});
  CHECK(bundle.left_out == std::vector<std::string>{".DS_Store", ".git", "scripts/.svn"});
  CHECK(bundle.find("scripts/start.sh")->mode == 0755);
  CHECK(bundle.read(*bundle.find("release.env"), 100) == "IMAGE=x\n");
}

TEST_CASE("the ignore file leaves files out and is not packed itself") {
  const Folder folder;
  folder.write(".bundleignore", "*.md\n/notes/\n!scripts/*.md\n");
  folder.write("README.md", "x");
  folder.write("notes/a", "x");
  folder.write("scripts/usage.md", "x");

  CHECK(names(folder.read()) == std::vector<std::string>{"appspec.yml", "release.env", "scripts",
                                                         "scripts/start.sh", "scripts/usage.md"});
}

TEST_CASE("an ignore file by another name is used in its place, wherever it is") {
  const Folder folder;
  folder.write(".bundleignore", "appspec.yml\n");
  folder.write("conf/pack.ignore", "scripts\n");
  const auto bundle = folder.read({.ignore_file = folder.path() / "conf/pack.ignore"});
  CHECK(names(bundle) ==
        std::vector<std::string>{".bundleignore", "appspec.yml", "conf", "release.env"});

  const auto error =
      support::error_of([&] { folder.read({.ignore_file = folder.path() / "absent"}); });
  CHECK(error.kind() == base::Kind::usage);
}

TEST_CASE("a file that is taken brings the folders that it is in") {
  using s3_upload_bundle::Choice;
  using s3_upload_bundle::Glob;
  const Folder folder;
  folder.write("docs/a/b.txt", "x");
  const auto bundle =
      folder.read({.filters = {{.choice = Choice::exclude, .glob = Glob("*")},
                               {.choice = Choice::include, .glob = Glob("*.txt")}}});
  CHECK(names(bundle) == std::vector<std::string>{"docs", "docs/a", "docs/a/b.txt", "release.env"});
}

TEST_CASE("links within the folder are kept, also when nothing is there") {
  const Folder folder;
  folder.link("scripts/run.sh", "start.sh");
  folder.link("dangling", "not/there");

  const auto bundle = folder.read();

  CHECK(bundle.find("dangling")->kind == file::EntryKind::symlink);
  CHECK(bundle.find("dangling")->link_target == "not/there");
  CHECK(folder.messages().empty());
}

TEST_CASE("a link that leads out of the bundle is an error, through whatever links it goes") {
  for (const auto* target :
       {"/etc/shadow", "../secret", "scripts/../../secret", "here/../../x", "deep/top/../secret",
        "."
        "./."
        "./x"}) {
    CAPTURE(target);
    const Folder folder;
    fs::create_directories(folder.path() / "deep/er");
    folder.link("deep/top", "..");
    folder.link("here", ".");
    folder.link("link", target);
    CHECK(folder.messages() ==
          std::vector<std::string>{std::string("the link leads out of the bundle, to ") + target});
  }
}

TEST_CASE("links that lead to each other lead nowhere, and not out") {
  const Folder folder;
  folder.link("a", "b/x");
  folder.link("b", "a/y");
  CHECK(folder.messages().empty());
}

TEST_CASE("a link that is followed becomes what it leads to") {
  const Folder folder;
  folder.write("shared/conf/app.yml", "x: 1\n");
  folder.write("shared/run.sh", "#!/bin/sh\n", 0755);
  folder.link("run.sh", "shared/run.sh");
  folder.link("conf", "shared/conf");
  folder.link("shared/conf/again.yml", "app.yml");

  const auto bundle = folder.read({.symlinks = Symlinks::follow});

  CHECK(bundle.find("run.sh")->kind == file::EntryKind::regular);
  CHECK(bundle.find("run.sh")->mode == 0755);
  CHECK(bundle.find("conf")->kind == file::EntryKind::directory);
  CHECK(bundle.read(*bundle.find("conf/again.yml"), 100) == "x: 1\n");
  CHECK(bundle.findings.empty());
}

TEST_CASE("a link that cannot or must not be followed is an error") {
  const file::TempDir outside("bundle");
  support::write_file(outside.path() / "secret", "x");
  struct Case {
    std::string target;
    std::string message;
  };
  const std::vector<Case> cases{
      {"absent", "the link cannot be followed: No such file or directory"},
      {outside.path() / "secret",
       "the link leads out of the bundle, to " + (outside.path() / "secret").string()},
      {"..", "the link leads out of the bundle, to .."},
      {".", "the link leads to a folder that it is in"},
      {".git/HEAD", "the link leads to what no bundle may hold"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.target);
    const Folder folder;
    folder.write(".git/HEAD", "ref");
    folder.link("link", each.target);
    CHECK(folder.messages(Symlinks::follow) == std::vector<std::string>{each.message});
  }
}

TEST_CASE("a secret that a followed link renames is found") {
  const Folder folder;
  folder.write("scripts/.env", "PASSWORD=x\n");
  folder.link("settings", "scripts/.env");
  CHECK(secrets_in(folder.read({.symlinks = Symlinks::follow}), {"scripts/.env"}).size() == 1);
}

TEST_CASE("a second release.env does not go into a bundle, unless it is left out") {
  const Folder folder;
  folder.write("release.env", "IMAGE=other\n");
  const auto error = support::error_of([&] { folder.read(); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "check " + (folder.path() / "release.env").string() +
                               ": this name is taken: it is written from the release record");

  folder.write(".bundleignore", "/release.env\n");
  const auto bundle = folder.read();
  CHECK(bundle.read(*bundle.find("release.env"), 100) == "IMAGE=x\n");
}

TEST_CASE("a folder that is not there is a wrong call") {
  CHECK(support::error_of([] {
          s3_upload_bundle::read_folder({.source = "/nowhere/at/all"}, "");
        }).kind() == base::Kind::usage);
}

TEST_CASE("the archive's bytes depend neither on path, umask, modes nor times") {
  for (const auto format : {Format::zip, Format::tgz}) {
    std::vector<std::string> archives;
    for (const mode_t mask : {mode_t{022}, mode_t{077}, mode_t{0}}) {
      const mode_t before = ::umask(mask);
      const Folder folder;
      folder.write("z/data.txt", "data", 0666 & ~mask);
      folder.write("scripts/start.sh", "#!/bin/sh\n", 0777 & ~mask);
      fs::last_write_time(folder.path() / "appspec.yml",
                          fs::file_time_type(std::chrono::hours(mask * 100)));
      archives.push_back(pack(folder.read(), {.format = format, .mtime = 315'532'800}).bytes);
      ::umask(before);
    }
    CHECK(archives[0] == archives[1]);
    CHECK(archives[0] == archives[2]);
  }
}

TEST_CASE("an archive in a file has the bytes of one in memory") {
  const Folder folder;
  std::string big;
  for (int i = 0; big.size() < (3U << 20U); ++i) big += "line " + std::to_string(i * 7919) + "\n";
  folder.write("big.txt", big);
  auto bundle = folder.read();
  for (const auto format : {Format::zip, Format::tgz}) {
    const auto in_memory = pack(bundle, {.format = format, .mtime = 315'532'800});
    const auto told_bigger = [&] {
      auto copy = bundle;
      copy.size = 9U << 20U;
      return pack(copy, {.format = format, .mtime = 315'532'800, .scratch = folder.path()});
    };
    auto in_file = told_bigger();
    CHECK_FALSE(in_memory.bytes.empty());
    REQUIRE(in_file.scratch);
    CHECK(in_file.size == in_memory.size);
    CHECK(in_file.content(nullptr, 0, {}).sha256 == crypto::sha256(in_memory.bytes));
  }
  CHECK(names(folder.read()) == names(bundle));
}

TEST_CASE("SOURCE_DATE_EPOCH is the archive's time within what a zip can say") {
  using s3_upload_bundle::archive_time;
  CHECK(archive_time({}) == 315'532'800);
  CHECK(archive_time("0") == 315'532'800);
  CHECK(archive_time("1700000000") == 1'700'000'000);
  CHECK(archive_time("99999999999999") == 4'354'819'198);
  CHECK(support::error_of([] { archive_time("yesterday"); }).kind() == base::Kind::usage);
}

TEST_CASE("a stop ends the packing") {
  const Folder folder;
  std::stop_source stop;
  stop.request_stop();
  CHECK(support::error_of([&] { pack(folder.read(), {.stop = stop.get_token()}); }).kind() ==
        base::Kind::unavailable);
}
