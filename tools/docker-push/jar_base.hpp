// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cli/run.hpp"
#include "docker-push/base_images.hpp"
#include "docker-push/docker_push.hpp"
#include "docker-push/jar_source.hpp"
#include "oci/image.hpp"

namespace docker_push {

// Where bases come from.
struct BaseSources {
  BaseImages& images;
  const cli::Context& context;
  const std::filesystem::path& scratch;
};

// The image to put the jar on: a registry's, an engine's, or one made of this machine's JDK. Throws
// usage when none was named and the jar does not say its Java version.
oci::BaseImage jar_base(const PushRequest& request, const JarSource& jar,
                        const BaseSources& sources);

}  // namespace docker_push
