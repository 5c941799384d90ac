// SPDX-License-Identifier: Apache-2.0
//
// A Spring Boot jar as image layers. The jar is unpacked below /app, as Spring Boot's own layered
// Dockerfile does, so that the layers of its index become the image's, and started by the launcher
// its manifest names.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "archives/zip_reader.hpp"
#include "oci/image.hpp"
#include "springboot/boot_jar.hpp"

namespace docker_push {

// What is known of where the jar comes from; empty where it is not.
struct Provenance {
  std::string created{};   // RFC 3339
  std::string revision{};  // full commit
  std::string source{};    // repository URL
  std::string version{};   // the project's own
  std::string described{};  // the commit's, as git describes it; empty: unknown
};

struct JarImage {
  const archives::ZipReader& zip;
  const springboot::BootJar& jar;
  Provenance provenance{};
  int port = 8080;
  std::string user{};
};

// The jar's layers, empty ones left out; their files are made in `scratch`. Same jar, same digests,
// whatever the machine.
std::vector<oci::Layer> jar_layers(const archives::ZipReader& zip, const springboot::BootJar& jar,
                                   const std::filesystem::path& scratch, std::stop_token stop);

oci::Image jar_image(const JarImage& input, const oci::BaseImage& base,
                     std::vector<oci::Layer> layers);

}  // namespace docker_push
