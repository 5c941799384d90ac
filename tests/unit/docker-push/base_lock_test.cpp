// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_lock.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

using docker_push::BaseLock;
using docker_push::LockedImages;

const std::string one = "sha256:" + std::string(64, '1');
const std::string two = "sha256:" + std::string(64, '2');

}  // namespace

TEST_CASE("a lock has a line for each image, sorted by name, and reads back as it was") {
  const LockedImages images{{"registry.example:5000/jre:17", two},
                            {"docker.io/library/eclipse-temurin:17-jre", one}};
  const std::string text = docker_push::write_lock(images);
  CHECK(text == "docker.io/library/eclipse-temurin:17-jre " + one +
                    "\nregistry.example:5000/jre:17 " + two + "\n");
  CHECK(docker_push::parse_lock(text, "images.lock") == images);
  CHECK(docker_push::parse_lock("\n" + text + "\r\n", "images.lock") == images);
  CHECK(docker_push::parse_lock("", "images.lock").empty());
}

TEST_CASE("a line that is no image and digest is told with its number") {
  const std::string name = "docker.io/library/jre:17";
  const std::vector<std::string> lines{"<<<<<<< HEAD",
                                       name,
                                       name + " sha256:12",
                                       name + "  " + one,
                                       "jre:17 " + one,
                                       "docker.io/library/jre " + one,
                                       name + '@' + one + ' ' + one};
  for (const std::string& line : lines) {
    CAPTURE(line);
    const auto error = support::error_of(
        [&] { static_cast<void>(docker_push::parse_lock("\n" + line + "\n", "images.lock")); });
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message() == "read images.lock: line 2: '" + line + "' is no image:tag and digest");
  }
  const std::string good = name + ' ' + one + '\n';
  const auto twice = support::error_of(
      [&] { static_cast<void>(docker_push::parse_lock(good + good, "images.lock")); });
  CHECK(twice.message() == "read images.lock: line 2: " + name + " is there twice");
}

TEST_CASE("an update changes the images of this build and leaves the others") {
  const file::TempDir folder("lock-test");
  const auto path = BaseLock::path_beside(folder.path() / "stagecraft.yaml");
  CHECK(path == folder.path() / "images.lock");
  CHECK_FALSE(BaseLock(path).exists());

  BaseLock(path).update({{"a.example/a:1", one}, {"b.example/b:1", one}});
  const BaseLock lock(path);
  CHECK(lock.exists());
  lock.update({{"b.example/b:1", two}, {"c.example/c:1", two}});
  CHECK(file::read(path) ==
        "a.example/a:1 " + one + "\nb.example/b:1 " + two + "\nc.example/c:1 " + two + "\n");
  CHECK(BaseLock(path).find("b.example/b:1") == two);
  CHECK_FALSE(BaseLock(path).find("b.example/b:2"));
}

TEST_CASE("the lock of a settings file without a folder is in the working folder") {
  CHECK(BaseLock::path_beside("stagecraft.yaml") == "images.lock");
}
