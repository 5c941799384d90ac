// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "oci/image.hpp"
#include "oci/push.hpp"
#include "oci/reference.hpp"

namespace docker_push {

// Where an image goes instead of a registry.
struct Output {
  enum class Kind { layout, archive, engine } kind = Kind::layout;
  std::filesystem::path path{};  // of the layout's folder or the archive; empty for the engine
};

// "oci:FOLDER", "docker-archive:FILE" or "engine"; throws usage for anything else.
Output parse_output(const std::string& text);

// Makes what is missing of the image and writes it under its tags. The names in an archive are
// "registry/repository:tag".
oci::Image write_image(const Output& output, const oci::Reference& target,
                       const std::vector<std::string>& tags, oci::Draft draft,
                       const oci::PushOptions& options);

}  // namespace docker_push
