// SPDX-License-Identifier: Apache-2.0
#include "docker-push/engine.hpp"

#include <doctest/doctest.h>

#include "archives/tar_reader.hpp"
#include "base/error.hpp"
#include "docker-push/build_context.hpp"
#include "docker-push/engine_bases.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

// Path → content of what an engine would get, "dir" for folders.
std::map<std::string, std::string> files_of(const docker_push::BuildContext& context,
                                            const std::filesystem::path& scratch) {
  std::string bytes(context.tar.size, '\0');
  REQUIRE(context.tar.read(0, bytes) == bytes.size());
  file::write_atomically(scratch / "context.tar", bytes);
  std::map<std::string, std::string> files;
  archives::read_tar(scratch / "context.tar", [&files](const archives::TarEntry& entry) {
    std::string& content = files[entry.path];
    if (entry.kind == archives::TarKind::directory) content = "dir";
    return archives::Sink([&content](std::span<const std::byte> piece) {
      content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    });
  });
  return files;
}

}  // namespace

TEST_CASE("without an engine it is told what needs one and what was looked for") {
  timing::SystemClock clock;
  const cli::Context context{.stop = {}, .clock = clock, .release = {}};
  const auto error = support::error_of([&] {
    docker_push::find_engine(docker_push::Engine::none,
                             "build a/Dockerfile: line 7 needs an engine (RUN executes)", context);
  });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "build a/Dockerfile: line 7 needs an engine (RUN executes): no engine may be used");
  CHECK(docker_push::parse_engine("buildah") == docker_push::Engine::buildah);
  CHECK(docker_push::parse_engine("api") == docker_push::Engine::api);
  CHECK(support::error_of([] { docker_push::parse_engine("kaniko"); }).kind() == base::Kind::usage);
}

TEST_CASE("an engine gets what .dockerignore leaves, the Dockerfile where it is") {
  const file::TempDir folder("context");
  const file::TempDir scratch("scratch");
  support::write_file(folder.path() / "ci/Dockerfile", "FROM scratch\n");
  support::write_file(folder.path() / ".dockerignore", "target\n");
  support::write_file(folder.path() / "target/big", "big");
  support::write_file(folder.path() / "app.jar", "jar");
  const auto context =
      docker_push::pack_context(folder.path() / "ci/Dockerfile", folder.path(), scratch.path());
  CHECK(context.dockerfile == "ci/Dockerfile");
  CHECK(files_of(context, scratch.path()) ==
        std::map<std::string, std::string>{{".dockerignore", "target\n"},
                                           {"app.jar", "jar"},
                                           {"ci", "dir"},
                                           {"ci/Dockerfile", "FROM scratch\n"}});
}

TEST_CASE("a Dockerfile from elsewhere or an ignored one goes along unseen") {
  const file::TempDir folder("context");
  const file::TempDir scratch("scratch");
  support::write_file(folder.path() / "Dockerfile", "FROM scratch\n");
  support::write_file(folder.path() / ".dockerignore", "Dockerfile\n!x");
  support::write_file(scratch.path() / "Other", "FROM other\n");
  const std::string name = ".stagecraft.Dockerfile";
  for (const auto& [file, text] : {std::pair(folder.path() / "Dockerfile", "FROM scratch\n"),
                                   std::pair(scratch.path() / "Other", "FROM other\n")}) {
    const auto context = docker_push::pack_context(file, folder.path(), scratch.path());
    CHECK(context.dockerfile == name);
    CHECK(files_of(context, scratch.path()) ==
          std::map<std::string, std::string>{{".dockerignore", "Dockerfile\n!x\n" + name + "\n"},
                                             {name, text}});
  }

  std::filesystem::remove(folder.path() / ".dockerignore");
  const auto context =
      docker_push::pack_context(scratch.path() / "Other", folder.path(), scratch.path());
  CHECK(files_of(context, scratch.path()).at(".dockerignore") == ".dockerignore\n" + name + "\n");
}

TEST_CASE("logins are looked up once for each registry that a build takes images from") {
  dockerfile::Plan plan;
  const auto image = [](const std::string& name) {
    return dockerfile::Base{.kind = dockerfile::BaseKind::image, .image = name};
  };
  plan.stages.push_back({.base = image("private.example/jre:17")});
  plan.stages.push_back({.base = {.kind = dockerfile::BaseKind::stage}});
  plan.stages.back().steps.push_back(
      {.action = dockerfile::CopyFrom{.source = image("busybox:1")}});
  plan.stages.push_back({.base = image("private.example/jdk:17")});
  std::vector<std::string> asked;
  const auto logins = docker_push::base_logins(
      plan, [&asked](const oci::Reference& reference) -> std::optional<oci::Credentials> {
        asked.push_back(reference.registry);
        if (reference.registry == "docker.io") return std::nullopt;
        return oci::Credentials{.username = "me", .password = "secret"};
      });
  CHECK(asked == std::vector<std::string>{"private.example", "docker.io"});
  CHECK(logins.size() == 1);
  CHECK(logins.at("private.example").password == "secret");
}
