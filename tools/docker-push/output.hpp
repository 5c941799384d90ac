// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "docker-push/engine.hpp"
#include "oci/image.hpp"
#include "oci/push.hpp"
#include "oci/reference.hpp"

namespace docker_push {

// Where an image goes instead of a registry.
struct Output {
  enum class Kind { layout, archive, engine } kind = Kind::layout;
  std::filesystem::path path{};           // of the layout's folder or the archive
  std::shared_ptr<LocalEngine> engine{};  // where to load it; null for the others
};

// "oci:FOLDER", "docker-archive:FILE" or "engine"; throws usage for anything else.
Output parse_output(const std::string& text);

// The same, with the engine that it may name; throws environment when there is none.
Output open_output(const std::string& text, Engine engine, const cli::Context& context);

// Makes what is missing of the image and writes it under its tags. The names in an archive are
// "registry/repository:tag". The output comes from open_output().
oci::Image write_image(const Output& output, const oci::Reference& target,
                       const std::vector<std::string>& tags, oci::Draft draft,
                       const oci::PushOptions& options);

}  // namespace docker_push
