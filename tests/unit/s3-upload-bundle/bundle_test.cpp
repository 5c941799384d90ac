// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/bundle.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

namespace fs = std::filesystem;

constexpr auto appspec =
    "version: 0.0\nos: linux\nhooks:\n  ApplicationStart:\n    - location: scripts/start.sh\n";

// A bundle folder that passes all checks.
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

  s3_upload_bundle::Bundle read() const {
    return s3_upload_bundle::read_bundle(path(), "IMAGE=x\n");
  }
  base::Error error() const {
    return support::error_of([&] { read(); });
  }
  // The error's first line with the folder's own path taken out.
  std::string message() const {
    auto text = error().message();
    const auto at = text.find(path().string() + "/");
    if (at != std::string::npos) text.erase(at, path().string().size() + 1);
    return text;
  }

 private:
  file::TempDir folder_;
};

std::vector<std::string> names(const s3_upload_bundle::Bundle& bundle) {
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

  CHECK(names(bundle) == std::vector<std::string>{"appspec.yml", "empty", "scripts",
                                                  "scripts/start.sh", "release.env"});
  CHECK(bundle.left_out == std::vector<std::string>{".DS_Store", ".git", "scripts/.svn"});
  CHECK(bundle.entries[3].executable);
}

TEST_CASE("the archive's bytes depend neither on path, umask, modes, times nor the time zone") {
  std::vector<std::string> archives;
  for (const mode_t mask : {mode_t{022}, mode_t{077}, mode_t{0}}) {
    const mode_t before = ::umask(mask);
    const Folder folder;
    folder.write("z/data.txt", "data", 0666 & ~mask);
    folder.write("scripts/start.sh", "#!/bin/sh\n", 0777 & ~mask);
    fs::last_write_time(folder.path() / "appspec.yml",
                        fs::file_time_type(std::chrono::hours(mask * 100)));
    archives.push_back(archives::zip_bytes(folder.read().entries));
    ::umask(before);
  }

  CHECK(archives[0] == archives[1]);
  CHECK(archives[0] == archives[2]);
}

TEST_CASE("a hook's script that is not in the bundle is told with rule, file and line") {
  const Folder folder;
  fs::rename(folder.path() / "scripts/start.sh", folder.path() / "start.sh");

  CHECK(folder.error().kind() == base::Kind::integrity);
  CHECK(
      folder.message() ==
      "check appspec.yml: line 5: rule H04: ApplicationStart names scripts/start.sh, which is not "
      "in the bundle");
  CHECK(folder.error().hint() == "did you mean 'start.sh'? it counts from the bundle's root");
}

TEST_CASE("a script below a linked folder is in the bundle") {
  const Folder folder;
  fs::rename(folder.path() / "scripts", folder.path() / "hooks");
  folder.link("scripts", "hooks");

  CHECK(names(folder.read()).size() == 5);
}

TEST_CASE("a script in a folder that is left out is not in the bundle") {
  const Folder folder;
  folder.write(".git/start.sh", "#!/bin/sh\n", 0755);
  folder.write("appspec.yml",
               "version: 0.0\nos: linux\nhooks:\n  ApplicationStart:\n"
               "    - location: .git/start.sh\n");

  CHECK(folder.message().find("rule H04") != std::string::npos);
}

TEST_CASE("a folder without appspec.yml in its root is told where one is") {
  const Folder folder;
  fs::create_directory(folder.path() / "deploy");
  fs::rename(folder.path() / "appspec.yml", folder.path() / "deploy/appspec.yml");
  CHECK(folder.error().kind() == base::Kind::integrity);
  CHECK(folder.error().message().ends_with(": rule A01: no appspec.yml in its root"));
  CHECK(folder.error().hint() == "--source " + (folder.path() / "deploy").string());

  fs::rename(folder.path() / "deploy/appspec.yml", folder.path() / "appspec.yaml");
  CHECK(folder.error().hint().starts_with("rename appspec.yaml"));
}

TEST_CASE("an appspec that the agent would reject is told with its line") {
  const Folder folder;
  folder.write("appspec.yml", "version: 0.0\nos: windows\n");

  CHECK(folder.error().kind() == base::Kind::integrity);
  CHECK(folder.message().starts_with("parse appspec.yml: line 2: "));
}

TEST_CASE("a link that leads out of the folder is refused") {
  for (const auto* target : {"/etc/shadow", "../secret", "scripts/../../secret", "here/../../x"}) {
    CAPTURE(target);
    const Folder folder;
    folder.link("here", ".");
    folder.link("link", target);
    CHECK(folder.error().kind() == base::Kind::integrity);
    CHECK(folder.message().starts_with("check link: rule B01: the link leads out of the bundle"));
  }
}

TEST_CASE("a link that is inside as text and outside on disk is refused") {
  const Folder folder;
  fs::create_directories(folder.path() / "a/b");
  folder.link("a/b/top", "../..");
  folder.link("link", "a/b/top/../secret");

  CHECK(folder.message().starts_with("check link: rule B01"));
}

TEST_CASE("links within the folder are kept, also when nothing is there") {
  const Folder folder;
  folder.link("scripts/run.sh", "start.sh");
  folder.link("dangling", "not/there");

  const auto bundle = folder.read();

  CHECK(bundle.entries[1].kind == archives::ZipKind::symlink);
  CHECK(bundle.entries[1].content == "not/there");
}

TEST_CASE("secrets and a second release.env do not go into a bundle") {
  const Folder secrets;
  secrets.write("scripts/.env", "PASSWORD=x\n");
  CHECK(secrets.error().kind() == base::Kind::integrity);
  CHECK(secrets.message().starts_with("check scripts/.env: rule B01"));

  const Folder taken;
  taken.write("release.env", "IMAGE=other\n");
  CHECK(taken.error().kind() == base::Kind::integrity);
  CHECK(taken.message() ==
        "check release.env: this name is taken: it is written from the release record");
}

TEST_CASE("a folder that is not there is a wrong call") {
  CHECK(support::error_of([] { s3_upload_bundle::read_bundle("/nowhere/at/all", ""); }).kind() ==
        base::Kind::usage);
}
