// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "docker-push/kept_layers.hpp"
#include "oci/image_config.hpp"

namespace docker_push {

// Part of the cache's key: other rules for the layers' content need another name.
inline constexpr std::string_view jre_layers_format = "1";

// Writes the layers "system" (libraries, /etc, /tmp) and "java" (the runtime as /opt/java) of a
// runtime that jlink made, as files in `folder`.
KeptLayers make_jre_layers(const std::filesystem::path& jre, const std::filesystem::path& folder,
                           std::stop_token stop);

// How a container of these layers runs: java in PATH, UTF-8, not as root.
oci::ImageConfig jre_config(const KeptLayers& layers);

}  // namespace docker_push
