// SPDX-License-Identifier: Apache-2.0
//
// Images outside of registries: a folder in the OCI image layout (image-spec image-layout.md), and
// the tar that `docker save` writes and `docker load` reads, which since Docker 25 is such a folder
// too.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "oci/image.hpp"

namespace oci {

// Which image of several: by its name or tag ("shop:1.2", "1.2"; empty: the only one), and platform.
struct Choice {
  std::string name{};
  Platform platform{};
};

// The image with manifest and config as they are, so that its digest stays. Throws environment when
// there is no layout, refused when the choice is ambiguous or finds nothing, integrity for documents
// that are damaged. Layers are read when they are needed.
Draft read_layout(const std::filesystem::path& folder, const Choice& choice);

// The same of a tar, plain or gzipped. The layers of Docker's own form have no compressed digests
// yet; their config stays as it is. Unpacks into `scratch`.
Draft read_image_archive(const std::filesystem::path& tar, const Choice& choice,
                         const std::filesystem::path& scratch);

// Adds the image to a folder, which is made when absent; an image of the same tag is replaced in the
// index. All layers need bodies (make_local). The index comes last, so readers find whole images.
void write_layout(const std::filesystem::path& folder, const Image& image, const std::string& tag);

// For `docker load` and skopeo's docker-archive:; `names` are "repository:tag". Same image, same
// bytes. `tar` is whole or absent.
void write_image_archive(const std::filesystem::path& tar, const Image& image,
                         const std::vector<std::string>& names);

}  // namespace oci
