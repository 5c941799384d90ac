// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>

#include "archives/zip_reader.hpp"
#include "docker-push/jdk.hpp"
#include "springboot/boot_jar.hpp"

namespace docker_push {

// The JDK's modules that the jar's classes and libraries refer to, as jdeps finds them, and those
// that Spring applications reach by reflection or as service providers only. What jdeps found for
// the same bytes before is kept in `cache`.
std::set<std::string> java_modules(const archives::ZipReader& zip, const springboot::BootJar& jar,
                                   const Jdk& jdk, const std::filesystem::path& cache,
                                   std::stop_token stop);

}  // namespace docker_push
