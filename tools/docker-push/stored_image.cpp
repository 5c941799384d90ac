// SPDX-License-Identifier: Apache-2.0
#include "docker-push/stored_image.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "docker-push/engine.hpp"
#include "oci/layout.hpp"

namespace docker_push {

oci::Draft stored_image(const Input& input, const std::filesystem::path& scratch,
                        std::stop_token stop) {
  const oci::Choice choice{.name = input.name, .platform = oci::own_platform()};
  if (input.kind == InputKind::layout) return oci::read_layout(input.path, choice);
  if (input.kind == InputKind::archive) {
    return oci::read_image_archive(input.path, choice, scratch);
  }
  const auto tar = scratch / "engine.tar";
  save_from_engine(input.name, tar, stop);
  // What was asked for is all that is in it; the name in it may be spelled differently.
  return oci::read_image_archive(tar, {.name = {}, .platform = choice.platform}, scratch);
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
