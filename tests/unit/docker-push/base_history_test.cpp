// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_history.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using docker_push::Guess;
using docker_push::guess_folder;

// An image with a layer for each line of its history.
oci::BaseImage image(const std::vector<std::string>& lines) {
  oci::BaseImage base;
  for (const std::string& line : lines) {
    base.config.history.push_back({.created_by = line});
    base.layers.emplace_back();
  }
  return base;
}

}  // namespace

TEST_CASE("a history that names what it makes tells which folders are absent") {
  oci::BaseImage base = image({"# debian.sh --arch 'amd64' out/ 'bookworm'",
                               "RUN /bin/sh -c mkdir /work && chown 7 /opt # buildkit",
                               "COPY entry.sh /__entry.sh # buildkit",
                               "/bin/sh -c #(nop) COPY file:0 in /usr/local/bin/ "});
  base.config.working_dir = "/home/app";
  base.config.volumes = {"/state/x"};
  struct Case {
    std::string path;
    Guess guess;
  };
  for (const Case& c :
       {Case{"", Guess::ordinary}, Case{"etc", Guess::ordinary},
        Case{"usr/local/bin", Guess::ordinary}, Case{"app", Guess::absent},
        Case{"app/deep", Guess::absent}, Case{"workspace", Guess::absent},
        Case{"work", Guess::unknown}, Case{"work/x", Guess::unknown}, Case{"opt", Guess::unknown},
        Case{"state", Guess::unknown}, Case{"tmp", Guess::unknown}, Case{"bin", Guess::unknown},
        Case{"srv/data", Guess::unknown}, Case{"root", Guess::unknown}}) {
    CAPTURE(c.path);
    CHECK(guess_folder(base, c.path) == c.guess);
  }
}

TEST_CASE("a history that may keep something back tells nothing") {
  const std::string root = "/bin/sh -c #(nop) ADD file:0 in / ";
  for (const auto& lines :
       std::vector<std::vector<std::string>>{{},
                                             {""},
                                             {root, "COPY rootfs / # buildkit"},
                                             {root, "/bin/sh -c #(nop) ADD dir:0 in / "},
                                             {root, "COPY [\"a b\", \"/\"] # buildkit"},
                                             {root, "bazel build @bookworm//base"},
                                             {root, "jib-gradle-plugin:3.4.0"},
                                             {root, ""}}) {
    CAPTURE(lines.size());
    CHECK(guess_folder(image(lines), "app") == Guess::unknown);
    CHECK(guess_folder(image(lines), "etc") == Guess::unknown);
  }
  oci::BaseImage squashed = image({root, "RUN x"});
  squashed.layers.pop_back();
  CHECK(guess_folder(squashed, "app") == Guess::unknown);
  CHECK(guess_folder(image({root, "RUN x"}), "app") == Guess::absent);
}
