// SPDX-License-Identifier: Apache-2.0
#include "docker-push/stored_image.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "oci/docker_archive.hpp"
#include "oci/layout.hpp"
#include "oci/local_layers.hpp"

namespace docker_push {
namespace {

// An argument that begins with a dash would be an option.
void require_image_name(const std::string& name) {
  if (!name.empty() && !name.starts_with('-')) return;
  throw base::Error(base::Kind::usage,
                    fmt::format("take '{}' from the engine: no image name", name),
                    "give engine:NAME[:TAG]");
}

// What was asked for is all that is in the tar; the name in it may be spelled differently.
oci::Draft saved_image(LocalEngine& engine, const std::string& name,
                       const std::filesystem::path& scratch) {
  const auto tar = scratch / "engine.tar";
  engine.save(name, tar);
  oci::Draft image =
      oci::read_image_archive(tar, {.name = {}, .platform = oci::own_platform()}, scratch);
  std::filesystem::remove(tar);
  return image;
}

}  // namespace

oci::Draft stored_image(const Input& input, Engine engine, const std::filesystem::path& scratch,
                        const cli::Context& context) {
  const oci::Choice choice{.name = input.name, .platform = oci::own_platform()};
  if (input.kind == InputKind::layout) return oci::read_layout(input.path, choice);
  if (input.kind == InputKind::archive) {
    return oci::read_image_archive(input.path, choice, scratch);
  }
  require_image_name(input.name);
  const auto found =
      find_engine(engine, fmt::format("take {} from an engine", input.name), context);
  return saved_image(*found, input.name, scratch);
}

oci::BaseImage engine_base(LocalEngine& engine, const std::string& name,
                           const std::filesystem::path& scratch, std::stop_token stop) {
  require_image_name(name);
  const auto folder = scratch / fmt::format("base-{}", crypto::random_hex(4));
  std::filesystem::create_directory(folder);
  oci::Draft image = saved_image(engine, name, folder);
  oci::make_local(image.layers, {.scratch = folder, .stop = stop});
  return {.name = name, .config = std::move(image.config), .layers = std::move(image.layers)};
}

void require_same_commit(const oci::Draft& image, const release::Record& record) {
  const auto label = image.config.labels.find("org.opencontainers.image.revision");
  if (label == image.config.labels.end()) return;
  const auto commit = record.section("source")["commit"].maybe_string().value_or("");
  if (commit.empty() || commit == label->second) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check the image: its revision label is {}, {} says commit {}",
                                label->second, record.path().string(), commit),
                    "build it from this commit, or name another record with --release");
}

}  // namespace docker_push
