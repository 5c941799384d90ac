// SPDX-License-Identifier: Apache-2.0
//
// What `java -Djarmode=… -jar app.jar extract` would leave in a stage, without a JVM.
#pragma once

#include <filesystem>

#include "dockerfile/plan.hpp"

namespace docker_push {

// The files below the destination, with a folder for each layer where layers are asked for, empty
// ones too. Throws integrity for a jar that is damaged or no boot jar. Files go to `scratch`.
dockerfile::Tree extract_boot_jar(const dockerfile::ExtractBootJar& extraction,
                                  const std::filesystem::path& scratch);

}  // namespace docker_push
