// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/ready_archive.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "s3-upload-bundle/pack.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

namespace fs = std::filesystem;
using s3_upload_bundle::read_archive;
using s3_upload_bundle::ReleaseFacts;

// The same folder as zip, tar and tgz by the tools that people have.
class Packed {
 public:
  explicit Packed(const std::string& below = "") : folder_("ready") {
    const auto tree = folder_.path() / "tree" / below;
    support::write_file(tree / "appspec.yml", "version: 0.0\nos: linux\n");
    support::write_file(tree / "scripts/start.sh", "#!/bin/sh\n", 0755);
    support::write_file(tree / "release.env", "IMAGE=r/app@sha256:" + std::string(64, '1') + "\n");
    support::write_file(tree / "large", std::string(700'000, 'x'));
    fs::create_symlink("scripts/start.sh", tree / "current");
    fs::create_hard_link(tree / "large", tree / "same");
  }

  fs::path tar() const { return made({"tar", "-cf", "../a.tar", "."}, "a.tar"); }
  fs::path tgz() const { return made({"tar", "-czf", "../a.tgz", "."}, "a.tgz"); }

 private:
  fs::path made(std::vector<std::string> argv, const std::string& name) const {
    REQUIRE(process::capture({.argv = std::move(argv), .directory = folder_.path() / "tree"})
                .exit.ok());
    return folder_.path() / name;
  }

  file::TempDir folder_;
};

fs::path write(const file::TempDir& folder, const std::string& bytes) {
  support::write_file(folder.path() / "a", bytes);
  return folder.path() / "a";
}

ReleaseFacts facts_with(char digit) {
  return {.repository = "r/app",
          .digest = "sha256:" + std::string(64, digit),
          .version = "1",
          .commit = "c"};
}

}  // namespace

TEST_CASE("what is in a ready zip, tar or tgz is seen as the agent will unpack it") {
  const Packed packed;
  for (const auto& path : {packed.tar(), packed.tgz()}) {
    CAPTURE(path);
    const auto archive = read_archive(path);
    const auto& bundle = archive.bundle;
    CHECK(bundle.read(*bundle.find("appspec.yml"), 100) == "version: 0.0\nos: linux\n");
    CHECK(bundle.find("scripts/start.sh")->mode == 0755);
    CHECK(bundle.find("scripts")->kind == file::EntryKind::directory);
    CHECK(bundle.find("current")->link_target == "scripts/start.sh");
    CHECK(bundle.find("same")->size == 700'000);
    CHECK(bundle.read(*bundle.find("same"), 1U << 20U) == std::string(700'000, 'x'));
    CHECK(support::error_of([&] { bundle.read(*bundle.find("large"), 1000); }).kind() ==
          base::Kind::integrity);
  }
}

TEST_CASE("one top folder with the appspec is taken off, as the agent does") {
  const Packed packed("release-1");
  const auto archive = read_archive(packed.tgz());
  const auto& bundle = archive.bundle;
  REQUIRE(bundle.find("appspec.yml") != nullptr);
  CHECK(bundle.read(*bundle.find("scripts/start.sh"), 100) == "#!/bin/sh\n");
  CHECK(bundle.find("release-1") == nullptr);

  const file::TempDir folder("ready");
  const auto zip = write(folder, archives::zip_bytes({{.path = "x/appspec.yml", .content = "a"}}));
  const auto zipped = read_archive(zip);
  CHECK(zipped.bundle.read(*zipped.bundle.find("appspec.yml"), 10) == "a");
}

TEST_CASE("a top folder stays when something is beside it, or the appspec is deeper") {
  const file::TempDir folder("ready");
  for (const auto& inputs :
       {std::vector<archives::ZipInput>{{.path = "x/appspec.yml"}, {.path = "y"}},
        std::vector<archives::ZipInput>{{.path = "x/y/appspec.yml"}}}) {
    CHECK(read_archive(write(folder, archives::zip_bytes(inputs))).bundle.find("appspec.yml") ==
          nullptr);
  }
}

TEST_CASE("a ready archive must not name another image than the record") {
  const auto archive = read_archive(Packed().tar());
  CHECK(names_image(archive, facts_with('1')));
  const auto error = support::error_of([&] { names_image(archive, facts_with('2')); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message().find("its release.env names r/app@sha256:1111") != std::string::npos);

  const file::TempDir folder("ready");
  for (const auto* env : {"IMAGE_DIGEST='sha256:22'\n", "IMAGE=r/app:latest\n"}) {
    CAPTURE(env);
    const auto zip = write(folder, archives::zip_bytes({{.path = "release.env", .content = env}}));
    CHECK(support::error_of([&] { names_image(read_archive(zip), facts_with('1')); }).kind() ==
          base::Kind::integrity);
  }
  const auto none = write(folder, archives::zip_bytes({{.path = "appspec.yml"}}));
  CHECK_FALSE(names_image(read_archive(none), facts_with('1')));
}

TEST_CASE("a file that is no archive is a wrong call, a broken one an integrity failure") {
  const file::TempDir folder("ready");
  CHECK(support::error_of([&] { read_archive(folder.path() / "none"); }).kind() ==
        base::Kind::usage);
  CHECK(support::error_of([&] { read_archive(write(folder, "hello")); }).kind() ==
        base::Kind::usage);
  auto zip = archives::zip_bytes({{.path = "appspec.yml", .content = "x"}});
  zip[zip.find("PK\x01\x02")] = 'X';
  CHECK(support::error_of([&] { read_archive(write(folder, zip)); }).kind() ==
        base::Kind::integrity);
}

TEST_CASE("a ready archive that is exchanged after it was checked is refused") {
  const file::TempDir folder("ready");
  const auto path = write(folder, archives::zip_bytes({{.path = "appspec.yml", .content = "x"}}));
  const auto ready = read_archive(path);
  CHECK(archive_of(ready).type == "zip");
  file::write_atomically(path, "other");
  CHECK(support::error_of([&] { archive_of(ready); }).kind() == base::Kind::integrity);
}
