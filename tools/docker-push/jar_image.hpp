// SPDX-License-Identifier: Apache-2.0
//
// The image of a Spring Boot jar: its layers on a base, started by the launcher its manifest names.
#pragma once

#include <string>
#include <vector>

#include "docker-push/provenance.hpp"
#include "oci/image.hpp"
#include "springboot/boot_jar.hpp"

namespace docker_push {

struct JarImage {
  const springboot::BootJar& jar;
  Provenance provenance{};
  int port = 8080;
  std::string user{};
  std::vector<std::string> entrypoint{};  // empty: the jar's launcher on the unpacked jar
};

// The base's layers, then the jar's in their order.
oci::Draft jar_image(const JarImage& input, const oci::BaseImage& base,
                     std::vector<oci::Layer> layers);

}  // namespace docker_push
