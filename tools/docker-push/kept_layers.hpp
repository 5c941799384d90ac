// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/layer.hpp"

namespace docker_push {

// A file of this machine whose bytes are part of a layer.
struct NeededFile {
  std::string path;  // absolute
  std::string sha256;
};

NeededFile look_at(const std::string& path);

// Layers in a folder of the cache, and what they were made from.
struct KeptLayers {
  std::vector<oci::Layer> layers;
  std::vector<NeededFile> needed;
};

// The name of a layer's file in its folder.
std::string kept_layer_name(std::string_view layer);

// Writes what find_kept_layers() reads, beside the layers' files.
void keep_layers(const std::filesystem::path& folder, const KeptLayers& layers);

// Absent when the folder is not there, when a layer's file is damaged, or when a needed file has
// other bytes by now.
std::optional<KeptLayers> find_kept_layers(const std::filesystem::path& folder);

}  // namespace docker_push
