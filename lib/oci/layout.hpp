// SPDX-License-Identifier: Apache-2.0
//
// A folder in the OCI image layout (image-spec image-layout.md).
#pragma once

#include <filesystem>
#include <string>

#include "oci/image.hpp"
#include "oci/image_source.hpp"

namespace oci {

// The image with manifest and config as they are, so that its digest stays. Throws environment when
// there is no layout, refused when the choice is ambiguous or finds nothing, integrity for
// documents that are damaged. Layers are read when they are needed.
Draft read_layout(const std::filesystem::path& folder, const Choice& choice);

// The same of a layout's files wherever they are; integrity when there is no index.
Draft read_layout(const ImageSource& source, const Choice& choice);

// Adds the image to a folder, which is made when absent; an image of the same tag is replaced in
// the index. All layers need bodies (make_local). The index comes last, so readers find whole
// images.
void write_layout(const std::filesystem::path& folder, const Image& image, const std::string& tag);

}  // namespace oci
