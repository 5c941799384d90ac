// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/install.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

namespace fs = std::filesystem;
using support::error_of;
using support::write_file;

// A bundle and an instance; install() uses the appspec given.
struct Fixture {
  fs::path archive() const { return folder.path() / "archive"; }
  fs::path root() const { return folder.path() / "root"; }

  std::vector<fs::path> install(const std::string& rules, appspec::FileExists file_exists = {},
                                std::vector<fs::path> previous = {}) const {
    fs::create_directories(root());
    const auto spec = appspec::parse("version: 0.0\nos: linux\n" + rules);
    return sandbox::agent::install({.spec = spec,
                                    .archive = archive(),
                                    .instance_root = root(),
                                    .agent_folder = root() / "opt" / "codedeploy-agent",
                                    .file_exists = file_exists,
                                    .previous = std::move(previous)});
  }

  unsigned mode(const std::string& path) const {
    struct stat status {};
    ::stat((root() / path).c_str(), &status);
    return status.st_mode & 07777U;
  }

  file::TempDir folder{"install"};
};

const std::string one_file = "files:\n  - source: app.env\n    destination: /srv/shop\n";

}  // namespace

TEST_CASE("a file lands in its destination folder, a folder's contents in it") {
  const Fixture host;
  write_file(host.archive() / "app.env", "A=1\n");
  write_file(host.archive() / "conf" / "deep" / "x.yml", "x\n");
  const auto made = host.install(one_file + "  - source: /conf\n    destination: /etc/shop\n");

  CHECK(file::read(host.root() / "srv/shop/app.env") == "A=1\n");
  CHECK(file::read(host.root() / "etc/shop/deep/x.yml") == "x\n");
  CHECK(made.back() == host.root() / "etc/shop/deep/x.yml");
}

TEST_CASE("what the last install made is gone before the next copies") {
  const Fixture host;
  write_file(host.archive() / "app.env", "A=1\n");
  const auto made = host.install(one_file);
  fs::rename(host.archive() / "app.env", host.archive() / "new.env");
  host.install("files:\n  - source: new.env\n    destination: /srv/shop\n", {}, made);

  CHECK_FALSE(fs::exists(host.root() / "srv/shop/app.env"));
  CHECK(fs::exists(host.root() / "srv/shop/new.env"));
}

TEST_CASE("a file that is there already is treated as file_exists_behavior says") {
  const Fixture host;
  write_file(host.archive() / "app.env", "new\n");
  write_file(host.root() / "srv/shop/app.env", "old\n");

  const auto error = error_of([&] { host.install(one_file, appspec::FileExists::disallow); });
  CHECK(error.message().find("already exists") != std::string::npos);
  host.install(one_file, appspec::FileExists::retain);
  CHECK(file::read(host.root() / "srv/shop/app.env") == "old\n");
  host.install(one_file, appspec::FileExists::overwrite);
  CHECK(file::read(host.root() / "srv/shop/app.env") == "new\n");
}

TEST_CASE("sources that are missing, outside of the bundle or twice the same fail") {
  const Fixture host;
  write_file(host.archive() / "app.env", "A=1\n");
  write_file(host.folder.path() / "secret", "x\n");
  CHECK_THROWS(host.install("files:\n  - source: none\n    destination: /srv\n"));
  CHECK_THROWS(host.install("files:\n  - source: ../secret\n    destination: /srv\n"));
  CHECK_THROWS(host.install(one_file + "  - source: app.env\n    destination: /srv/shop\n"));
}

TEST_CASE("no destination leaves the instance's root") {
  const Fixture host;
  write_file(host.archive() / "app.env", "A=1\n");
  host.install(
      "files:\n  - source: app.env\n    destination: /../../up\n"
      "  - source: app.env\n    destination: relative\n");
  CHECK(fs::exists(host.root() / "up/app.env"));
  CHECK(fs::exists(host.root() / "opt/codedeploy-agent/relative/app.env"));
}

TEST_CASE("permissions match what this install made below the object") {
  const Fixture host;
  write_file(host.archive() / "run.sh", "#!/bin/sh\n");
  write_file(host.archive() / "bin" / "tool", "x\n");
  write_file(host.root() / "srv/other", "x\n", 0644);
  host.install(
      "files:\n  - source: /\n    destination: /srv\n"
      "permissions:\n  - object: /srv\n    pattern: '*.sh'\n    mode: 750\n    type: [file]\n"
      "  - object: /srv/bin\n    mode: 700\n");
  CHECK(host.mode("srv/run.sh") == 0750U);
  CHECK(host.mode("srv/bin/tool") == 0700U);
  CHECK(host.mode("srv/other") == 0644U);
}

TEST_CASE("two permissions for one path fail, as does an owner that does not exist") {
  const Fixture host;
  write_file(host.archive() / "app.env", "A=1\n");
  CHECK_THROWS(host.install(one_file + "permissions:\n  - object: /srv/shop\n    mode: 644\n"
                                       "  - object: /srv/shop\n    mode: 600\n"));
  const auto error = error_of([&] {
    host.install(one_file + "permissions:\n  - object: /srv/shop\n    owner: no-such-user\n",
                 appspec::FileExists::overwrite);
  });
  CHECK(error.message() == "can't find user for no-such-user");
}
