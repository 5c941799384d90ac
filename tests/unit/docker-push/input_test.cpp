// SPDX-License-Identifier: Apache-2.0
#include "docker-push/input.hpp"

#include <doctest/doctest.h>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

using docker_push::InputKind;

namespace {

struct Files {
  std::filesystem::path write(const std::string& path) const {
    file::write_atomically(folder.path() / path, "FROM scratch\n");
    return folder.path() / path;
  }
  file::TempDir folder{"input-test"};
};

}  // namespace

TEST_CASE("a Dockerfile is known by its name and built in its folder") {
  const Files files;
  for (const char* name : {"Dockerfile", "Dockerfile.native", "Containerfile", "shop.Dockerfile"}) {
    const auto path = files.write(name);
    const auto input = docker_push::find_input(path);
    CHECK(input.kind == InputKind::dockerfile);
    CHECK(input.path == path);
    CHECK(input.context == files.folder.path());
  }
  CHECK(docker_push::find_input(files.write("Dockerfile.dockerignore")).kind == InputKind::jar);
}

TEST_CASE("a folder with a Dockerfile is a context unless it is a layout or an unpacked jar") {
  const Files files;
  const auto& folder = files.folder.path();
  files.write("Containerfile");
  const auto input = docker_push::find_input(folder);
  CHECK(input.kind == InputKind::dockerfile);
  CHECK(input.path == folder / "Containerfile");

  files.write("META-INF/MANIFEST.MF");
  CHECK(docker_push::find_input(folder).kind == InputKind::exploded);
  files.write("oci-layout");
  CHECK(docker_push::find_input(folder).kind == InputKind::layout);
}

TEST_CASE("file and context are chosen apart from each other") {
  const Files files;
  const auto& folder = files.folder.path();
  const auto file = files.write("docker/build");
  files.write("context/a");
  const auto context = folder / "context";

  CHECK(docker_push::find_input(context, {.file = file}).context == context);
  CHECK(docker_push::find_input("", {.file = file}).context == folder / "docker");
  CHECK(docker_push::find_input("", {.file = file, .context = context}).context == context);
  const auto dockerfile = files.write("Dockerfile");
  const auto both = docker_push::find_input(dockerfile, {.context = context});
  CHECK(both.path == dockerfile);
  CHECK(both.context == context);

  const auto jar = files.write("shop.jar");
  CHECK(support::error_of([&] { docker_push::find_input(jar, {.context = context}); }).kind() ==
        base::Kind::usage);
  CHECK(support::error_of([&] { docker_push::find_input("", {.context = context}); }).kind() ==
        base::Kind::environment);
}
TEST_CASE("only archives and layouts have images to choose by a name after @") {
  const Files files;
  const auto jar = files.write("shop.jar").string();
  CHECK(support::error_of([&] { docker_push::find_input(jar + "@1"); }).kind() ==
        base::Kind::usage);
  files.write("layout/oci-layout");
  const auto input = docker_push::find_input((files.folder.path() / "layout@1").string());
  CHECK(input.kind == InputKind::layout);
  CHECK(input.name == "1");
}
