// SPDX-License-Identifier: Apache-2.0
//
// A base image made of this machine's own JDK, so that nothing need be pulled: jlink cuts a runtime
// of the modules the jar needs, ldd tells which system libraries it loads, and a few files of /etc
// complete what an otherwise empty container lacks.
#pragma once

#include <filesystem>
#include <stop_token>

#include "archives/zip_reader.hpp"
#include "docker-push/jdk.hpp"
#include "oci/image.hpp"
#include "springboot/boot_jar.hpp"
#include "timing/clock.hpp"

namespace docker_push {

struct LocalJre {
  Jdk jdk;
  std::filesystem::path cache;  // may be shared by processes and wiped at any time
};

// Two layers, "system" and "java", as made once and kept in the cache until JDK, module set or a
// system library changes. Their digests depend on those alone.
oci::BaseImage local_jre(const archives::ZipReader& zip, const springboot::BootJar& jar,
                         const LocalJre& local, timing::Clock& clock, std::stop_token stop);

}  // namespace docker_push
