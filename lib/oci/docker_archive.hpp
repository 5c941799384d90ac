// SPDX-License-Identifier: Apache-2.0
//
// The tar that `docker save` writes and `docker load` reads: manifest.json names a config and
// layers, plain or gzipped. Since Docker 25 it is an OCI image layout too.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "oci/image.hpp"
#include "oci/image_source.hpp"

namespace oci {

// The image of such a tar, or of a layout in a tar (skopeo's oci-archive:), plain or gzipped;
// throws as read_layout() does. Plain layers have no compressed digests yet; the config stays as it
// is. Unpacks into `scratch`.
Draft read_image_archive(const std::filesystem::path& tar, const Choice& choice,
                         const std::filesystem::path& scratch);

// For `docker load` and skopeo's docker-archive:; `names` are "repository:tag". All layers need
// bodies (make_local). Same image, same bytes. `tar` is whole or absent; throws usage where it
// would replace what is no regular file.
void write_image_archive(const std::filesystem::path& tar, const Image& image,
                         const std::vector<std::string>& names);

}  // namespace oci
