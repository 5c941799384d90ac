// SPDX-License-Identifier: Apache-2.0
//
// What a base image has at which path, without the bytes of its files.
//
// A layer that makes /srv/data anew takes an existing folder's mode and owner away, and only the
// base's layers tell whether there is one. They are streamed once; what was found is kept by the
// layer's digest in the machine's cache.
#pragma once

#include <filesystem>
#include <stop_token>

#include "dockerfile/tree.hpp"
#include "oci/image.hpp"

namespace docker_push {

struct NameSources {
  std::filesystem::path scratch;  // for the layers while they are read
  std::filesystem::path cache;    // a folder that may be absent, or wiped at any time
  std::stop_token stop{};
};

// Modes, owners, links and sizes of all files; the bytes of /etc/passwd and /etc/group alone.
dockerfile::Tree base_names(const oci::BaseImage& image, const NameSources& sources);

}  // namespace docker_push
