// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "file/new_file.hpp"
#include "oci/image.hpp"

namespace oci {

// What it takes to have a layer's bytes on this machine.
struct LocalLayers {
  std::filesystem::path scratch;
  unsigned parallel = 4;
  std::stop_token stop{};
};

// A name in the scratch folder that no other layer has, of this process or another.
std::filesystem::path fresh_file(const LocalLayers& local);

// Makes a layer of its recipe; a digest that was remembered wrongly is told as a warning.
void make(Layer& layer, const LocalLayers& local);

// A new file at `path` with the bytes of a layer that is in a registry or has a body; it is removed
// with the answer.
std::unique_ptr<file::NewFile> layer_file(const Layer& layer, const std::filesystem::path& path);

// Reads a layer from where it lies, if that is a registry.
void fetch(Layer& layer, const LocalLayers& local);

// Makes and fetches all layers, so that each has a body; the files in `scratch` live as long as the
// layers.
void make_local(std::vector<Layer>& layers, const LocalLayers& local);

// Only the layers whose digests nobody knows are made.
void make_known(std::vector<Layer>& layers, const LocalLayers& local);

// Indices of layers, those with most bytes first: parallel work lasts as long as its longest part.
std::vector<std::size_t> by_size(const std::vector<Layer>& layers);

}  // namespace oci
