// SPDX-License-Identifier: Apache-2.0
#include "oci/local_layers.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "crypto/sha256.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/layer_recipe.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

using RecipePointer = std::shared_ptr<const LayerRecipe>;

std::uint64_t size_of(const Layer& layer) {
  if (layer.is_known()) return layer.descriptor.size;
  return std::get<RecipePointer>(layer.source)->size();
}

}  // namespace

std::filesystem::path fresh_file(const LocalLayers& local) {
  return local.scratch / fmt::format("layer-{}", crypto::random_hex(8));
}

void make(Layer& layer, const LocalLayers& local) {
  const auto recipe = std::get<RecipePointer>(layer.source);
  Layer fresh = make_layer(*recipe, fresh_file(local), local.stop);
  if (layer.is_known() && layer.descriptor.digest != fresh.descriptor.digest) {
    logging::warning("layer {} was remembered as {} and is {}", layer.name,
                     short_digest(layer.descriptor.digest), short_digest(fresh.descriptor.digest));
  }
  layer = std::move(fresh);
}

std::unique_ptr<file::NewFile> layer_file(const Layer& layer, const std::filesystem::path& path) {
  auto file = std::make_unique<file::NewFile>(path);
  const auto write = [&file](std::span<const std::byte> bytes) { file->write(bytes); };
  if (const auto* remote = std::get_if<RemoteBytes>(&layer.source)) {
    remote->registry->read_blob(remote->repository, layer.descriptor, write, [&file, &path] {
      file.reset();
      file = std::make_unique<file::NewFile>(path);
    });
  } else if (const auto* body = std::get_if<http::Body>(&layer.source)) {
    copy(*body, write);
  }
  return file;
}

void fetch(Layer& layer, const LocalLayers& local) {
  if (!std::holds_alternative<RemoteBytes>(layer.source)) return;
  const auto path = fresh_file(local);
  const auto file = layer_file(layer, path);
  layer.source = body_of_file(path);
}

void make_local(std::vector<Layer>& layers, const LocalLayers& local) {
  const auto order = by_size(layers);
  parallel::for_each(order.size(), local.parallel, [&](std::size_t i) {
    Layer& layer = layers[order[i]];
    if (std::holds_alternative<RecipePointer>(layer.source)) make(layer, local);
    fetch(layer, local);
  });
}

void make_known(std::vector<Layer>& layers, const LocalLayers& local) {
  const auto order = by_size(layers);
  parallel::for_each(order.size(), local.parallel, [&](std::size_t i) {
    if (!layers[order[i]].is_known()) make(layers[order[i]], local);
  });
}

std::vector<std::size_t> by_size(const std::vector<Layer>& layers) {
  std::vector<std::size_t> order(layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&layers](std::size_t index) { return size_of(layers[index]); });
  return order;
}

}  // namespace oci
