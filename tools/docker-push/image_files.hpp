// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>

#include "dockerfile/tree.hpp"
#include "oci/image.hpp"

namespace docker_push {

// All files of an image, from its layers, which are fetched to `scratch` for it. Whiteouts are
// applied (image-spec layer.md).
dockerfile::Tree image_files(const oci::BaseImage& image, const std::filesystem::path& scratch,
                             std::stop_token stop);

// Puts a layer's entries on those below it.
void apply_layer(dockerfile::Tree layer, dockerfile::Tree& files);

}  // namespace docker_push
