// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "oci/image.hpp"

namespace docker_push {

enum class Guess {
  absent,
  ordinary,  // a folder of root's with mode 0755
  unknown    // only the layers tell
};

// What a base image's history tells of a path without a look into its layers. It is believed where
// a distribution's root file system is the first layer and Dockerfiles that name what they make did
// the rest: then a top-level folder that no distribution has and no line names is absent.
Guess guess_folder(const oci::BaseImage& base, std::string_view path);

}  // namespace docker_push
