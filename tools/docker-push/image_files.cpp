// SPDX-License-Identifier: Apache-2.0
#include "docker-push/image_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "dockerfile/local_archive.hpp"
#include "file/temp_dir.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/layer.hpp"
#include "oci/local_layers.hpp"
#include "oci/registry.hpp"
#include "parallel/parallel.hpp"

namespace docker_push {
namespace {

constexpr std::string_view whiteout = ".wh.";
constexpr std::string_view opaque = ".wh..wh..opq";

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

void remove_below(dockerfile::Tree& files, std::string_view folder) {
  std::vector<std::string> gone;
  for (const std::string_view path : dockerfile::paths_below(files, folder)) {
    gone.emplace_back(path);
  }
  for (const std::string& path : gone) files.erase(path);
}

dockerfile::Tree files_of(const oci::Layer& layer, const std::filesystem::path& path,
                          const std::filesystem::path& scratch) {
  // Never renamed, which would wait for the disk: it is gone when this function ends.
  const auto file = oci::layer_file(layer, path);
  return dockerfile::read_layer(path, scratch, dockerfile::Contents::all);
}

}  // namespace

void apply_layer(dockerfile::Tree layer, dockerfile::Tree& files) {
  // What a layer hides is below it, never its own.
  for (const auto& [path, entry] : layer) {
    const std::string_view name = name_of(path);
    if (name == opaque) {
      remove_below(files, folder_of(path));
    } else if (name.starts_with(whiteout)) {
      const std::string_view folder = folder_of(path);
      const auto hidden =
          fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", name.substr(whiteout.size()));
      remove_below(files, hidden);
      files.erase(hidden);
    }
  }
  std::erase_if(layer, [](const auto& each) { return name_of(each.first).starts_with(whiteout); });
  for (auto& [path, entry] : layer) {
    if (entry.if_absent && files.contains(path)) continue;
    if (entry.header.kind != archives::TarKind::directory) remove_below(files, path);
    entry.if_absent = false;
    files.insert_or_assign(path, std::move(entry));
  }
}

dockerfile::Tree image_files(const oci::BaseImage& image, const std::filesystem::path& scratch,
                             std::stop_token stop) {
  logging::info("reading the layers of {}", image.name);
  const file::TempDir folder("layers", scratch);
  std::vector<dockerfile::Tree> layers(image.layers.size());
  parallel::for_each(layers.size(), parallel::cores(), [&](std::size_t i) {
    if (stop.stop_requested()) {
      throw base::Error(base::Kind::unavailable, "read the base image: interrupted");
    }
    layers[i] = files_of(image.layers[i], folder.path() / std::to_string(i), scratch);
  });
  dockerfile::Tree files;
  for (dockerfile::Tree& layer : layers) apply_layer(std::move(layer), files);
  return files;
}

}  // namespace docker_push
