// SPDX-License-Identifier: Apache-2.0
#include "springboot/layers.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.hpp"
#include "text/split.hpp"

namespace springboot {
namespace {

constexpr std::uint64_t index_cap = 4U << 20U;
constexpr std::array<std::string_view, 4> default_names{"dependencies", "spring-boot-loader",
                                                        "snapshot-dependencies", "application"};
constexpr const char* index_hint = "build the jar anew; its build plugin writes that index";

std::optional<std::string_view> find_between(std::string_view line, std::string_view before,
                                             std::string_view after) {
  if (line.size() <= before.size() + after.size()) return std::nullopt;
  if (!line.starts_with(before) || !line.ends_with(after)) return std::nullopt;
  return line.substr(before.size(), line.size() - before.size() - after.size());
}

const IndexedLayer* find_layer(const std::vector<IndexedLayer>& index, std::string_view path) {
  for (const IndexedLayer& layer : index) {
    for (const std::string& candidate : layer.paths) {
      const bool matches =
          candidate.ends_with('/') ? path.starts_with(candidate) : path == candidate;
      if (matches) return &layer;
    }
  }
  return nullptr;
}

Layer& named(std::vector<Layer>& layers, std::string_view name) {
  return *std::ranges::find(layers, name, &Layer::name);
}

}  // namespace

std::vector<IndexedLayer> parse_layers_index(std::string_view text, std::string_view what) {
  std::vector<IndexedLayer> layers;
  int number = 0;
  const auto refuse = [&](std::string_view why) {
    throw base::Error(base::Kind::integrity, fmt::format("{}: line {}: {}", what, number, why),
                      index_hint);
  };
  for (const std::string_view line : text::lines(text)) {
    ++number;
    if (text::trim(line).empty()) continue;
    if (const auto name = find_between(line, "- \"", "\":")) {
      if (std::ranges::find(layers, *name, &IndexedLayer::name) != layers.end()) {
        refuse(fmt::format("layer {} is there twice", *name));
      }
      layers.push_back({.name = std::string(*name), .paths = {}});
    } else if (const auto path = find_between(line, "  - \"", "\"")) {
      if (layers.empty()) refuse("a path before the first layer");
      layers.back().paths.emplace_back(*path);
    } else {
      refuse("neither - \"layer\": nor   - \"path\"");
    }
  }
  if (layers.empty()) {
    throw base::Error(base::Kind::integrity, fmt::format("{}: no layer in it", what), index_hint);
  }
  return layers;
}

std::string_view default_layer(const BootJar& jar, std::string_view path) {
  const bool library =
      path.starts_with(jar.libraries) || path.starts_with(jar.content_root + "lib-provided/");
  if (library)
    return path.find("SNAPSHOT.") != std::string_view::npos ? default_names[2] : default_names[0];
  if (path.starts_with("org/springframework/boot/loader/")) return default_names[1];
  return default_names[3];
}

std::vector<Layer> layers(const archives::ZipReader& zip, const BootJar& jar) {
  std::vector<IndexedLayer> index;
  std::vector<Layer> result;
  if (!jar.layers_index.empty()) {
    const archives::ZipEntry* entry = zip.find(jar.layers_index);
    if (entry == nullptr) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("{}: its manifest names {}, which is not in it", zip.name(),
                                    jar.layers_index),
                        index_hint);
    }
    index = parse_layers_index(zip.read(*entry, index_cap),
                               fmt::format("{}: {}", zip.name(), jar.layers_index));
    for (const IndexedLayer& layer : index) result.push_back({.name = layer.name, .files = {}});
  } else {
    for (const std::string_view name : default_names)
      result.push_back({.name = std::string(name), .files = {}});
  }

  for (const archives::ZipEntry& entry : zip.entries()) {
    if (entry.is_directory()) continue;
    if (index.empty()) {
      named(result, default_layer(jar, entry.name)).files.push_back(&entry);
      continue;
    }
    const IndexedLayer* layer = find_layer(index, entry.name);
    if (layer == nullptr) {
      throw base::Error(
          base::Kind::integrity,
          fmt::format("{}: {} is in no layer of {}", zip.name(), entry.name, jar.layers_index),
          index_hint);
    }
    named(result, layer->name).files.push_back(&entry);
  }
  for (Layer& layer : result) std::ranges::sort(layer.files, {}, &archives::ZipEntry::name);
  return result;
}

}  // namespace springboot
