// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_recipes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/read_at.hpp"
#include "parallel/parallel.hpp"
#include "springboot/layers.hpp"

namespace docker_push {
namespace {

constexpr std::string_view app_folder = "app";
constexpr std::string_view manifest_name = "META-INF/MANIFEST.MF";

using Recipes = std::vector<std::shared_ptr<const oci::LayerRecipe>>;
using Identities = std::map<const archives::ZipEntry*, std::string>;

void require_running(const std::stop_token& stop) {
  if (!stop.stop_requested()) return;
  throw base::Error(base::Kind::unavailable, "make the image: interrupted");
}

std::string sha256_of_range(const archives::ZipReader& zip, const archives::ByteRange& range) {
  const std::string what = fmt::format("read {}", zip.name());
  crypto::Sha256 hash;
  const auto count =
      file::read_pieces(zip.descriptor(), {.offset = range.offset, .size = range.size}, what,
                        [&hash](std::span<const std::byte> bytes) { hash.update(bytes); });
  if (count < range.size) {
    throw base::Error(base::Kind::integrity, what + ": it ends within an entry");
  }
  return hash.finish_hex();
}

// The raw bytes and the method decide the content; the CRC is what it is checked against.
std::string identity_of(const archives::ZipReader& zip, const archives::ZipEntry& entry) {
  const bool deflated = entry.method == archives::ZipMethod::deflated;
  return fmt::format("{}sha256:{} {:08x}", deflated ? "deflate-" : "",
                     sha256_of_range(zip, zip.range(entry)), entry.crc);
}

Identities identities_of(const archives::ZipReader& zip,
                         const std::vector<springboot::Layer>& layers,
                         const std::stop_token& stop) {
  std::vector<const archives::ZipEntry*> entries;
  for (const springboot::Layer& layer : layers) {
    entries.insert(entries.end(), layer.files.begin(), layer.files.end());
  }
  // The largest first: parallel work lasts as long as its longest part.
  std::ranges::sort(entries, std::ranges::greater{}, &archives::ZipEntry::compressed_size);
  std::vector<std::string> found(entries.size());
  parallel::for_each(entries.size(), parallel::cores(), [&](std::size_t i) {
    require_running(stop);
    found[i] = identity_of(zip, *entries[i]);
  });
  Identities identities;
  for (std::size_t i = 0; i < entries.size(); ++i) identities[entries[i]] = std::move(found[i]);
  return identities;
}

void add_parents(std::set<std::string>& folders, std::string path) {
  for (std::size_t slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/')) {
    path.resize(slash);
    if (!folders.insert(path).second) return;
  }
}

// Only folders from /app down are entries: a folder of the base would lose its own mode.
void add_folders(oci::LayerRecipe& recipe) {
  std::set<std::string> folders;
  for (const oci::RecipeEntry& entry : recipe.entries) add_parents(folders, entry.header.path);
  std::vector<oci::RecipeEntry> all;
  for (const std::string& folder : folders) {
    all.push_back({.header = {.path = folder, .kind = archives::TarKind::directory, .mode = 0755}});
  }
  std::ranges::move(recipe.entries, std::back_inserter(all));
  recipe.entries = std::move(all);
}

oci::RecipeEntry entry_of(const archives::ZipReader& zip, const archives::ZipEntry& file,
                          std::string path, const Identities& identities) {
  return {.header = {.path = std::move(path), .size = file.size},
          .identity = identities.at(&file),
          .read = [&zip, &file](const archives::Sink& sink) { zip.read(file, sink); }};
}

std::shared_ptr<const oci::LayerRecipe> unpacked_recipe(const archives::ZipReader& zip,
                                                        const springboot::Layer& layer,
                                                        const Identities& identities) {
  auto recipe = std::make_shared<oci::LayerRecipe>();
  recipe->name = layer.name;
  for (const archives::ZipEntry* file : layer.files) {
    recipe->entries.push_back(
        entry_of(zip, *file, fmt::format("{}/{}", app_folder, file->name), identities));
  }
  add_folders(*recipe);
  return recipe;
}

std::string path_in(const ToolsPlace& place, std::string_view file) {
  return place.folder.empty() ? std::string(file) : fmt::format("{}/{}", place.folder, file);
}

oci::RecipeEntry application_entry(const archives::ZipReader& zip,
                                   const springboot::ToolsLayout& layout,
                                   const Identities& identities, std::string path) {
  crypto::Sha256 identity;
  identity.update(layout.manifest);
  for (const springboot::MovedEntry& moved : layout.application) {
    identity.update(fmt::format("{}\n{}\n", moved.path, identities.at(moved.entry)));
  }
  const auto jar = std::make_shared<const std::string>(application_jar_bytes(zip, layout));
  return {.header = {.path = std::move(path), .size = jar->size()},
          .identity = "application-jar-sha256:" + identity.finish_hex(),
          .read = [jar](const archives::Sink& sink) { sink(archives::bytes_of(*jar)); }};
}

bool is_library_layer(const springboot::Layer& layer, const springboot::BootJar& jar,
                      int libraries) {
  return layer.files.size() > 2 * static_cast<std::size_t>(libraries) &&
         std::ranges::all_of(layer.files, [&jar](const archives::ZipEntry* file) {
           return file->name.starts_with(jar.libraries) ||
                  file->name.starts_with(jar.content_root + "lib-provided/");
         });
}

// By a hash of the artifact's name alone: which other libraries there are does not matter.
std::size_t bucket_of(std::string_view path, int libraries) {
  const auto digest = crypto::sha256(artifact_of(path));
  return std::to_integer<std::size_t>(digest[0]) % static_cast<std::size_t>(libraries);
}

std::vector<springboot::Layer> cut(std::vector<springboot::Layer> layers,
                                   const springboot::BootJar& jar, int libraries) {
  std::vector<springboot::Layer> result;
  for (springboot::Layer& layer : layers) {
    if (libraries < 2 || !is_library_layer(layer, jar, libraries)) {
      result.push_back(std::move(layer));
      continue;
    }
    const auto first = result.size();
    for (int i = 1; i <= libraries; ++i) {
      result.push_back({.name = fmt::format("{}-{}", layer.name, i), .files = {}});
    }
    for (const archives::ZipEntry* file : layer.files) {
      result[first + bucket_of(file->name, libraries)].files.push_back(file);
    }
  }
  std::erase_if(result, [](const springboot::Layer& layer) { return layer.files.empty(); });
  return result;
}

}  // namespace

std::string application_jar_bytes(const archives::ZipReader& zip,
                                  const springboot::ToolsLayout& layout) {
  std::vector<archives::ZipInput> files{
      {.path = std::string(manifest_name), .content = layout.manifest}};
  for (const springboot::MovedEntry& moved : layout.application) {
    std::string content;
    zip.read(*moved.entry,
             [&content](std::span<const std::byte> bytes) { content += crypto::as_text(bytes); });
    files.push_back({.path = moved.path, .content = std::move(content)});
  }
  return archives::zip_bytes(std::move(files), archives::ZipPacking::store);
}

std::string_view artifact_of(std::string_view path) {
  auto name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".jar")) name.remove_suffix(4);
  for (auto dash = name.find('-'); dash != std::string_view::npos;
       dash = name.find('-', dash + 1)) {
    const bool digit = dash + 1 < name.size() && name[dash + 1] >= '0' && name[dash + 1] <= '9';
    if (digit && dash > 0) return name.substr(0, dash);
  }
  return name;
}

std::vector<oci::LayerRecipe> tools_files(const archives::ZipReader& zip,
                                          const springboot::BootJar& jar,
                                          const RecipeOptions& options, std::stop_token stop) {
  const ToolsPlace& place = options.tools;
  const auto layout = springboot::tools_layout(zip, jar, place.libraries);
  const auto layers = cut(springboot::layers(zip, jar), jar, options.buckets);
  const auto identities = identities_of(zip, layers, stop);
  std::vector<oci::LayerRecipe> recipes;
  for (const springboot::Layer& layer : layers) {
    oci::LayerRecipe recipe{.name = layer.name};
    bool application = false;
    for (const archives::ZipEntry* file : layer.files) {
      const auto path = springboot::library_path(jar, file->name, place.libraries);
      if (!path.empty()) {
        recipe.entries.push_back(entry_of(zip, *file, path_in(place, path), identities));
      }
      application |= file->name == manifest_name;
    }
    if (application) {
      recipe.entries.push_back(
          application_entry(zip, layout, identities, path_in(place, place.jar)));
    }
    if (!recipe.entries.empty()) recipes.push_back(std::move(recipe));  // else the launcher's
  }
  return recipes;
}

Recipes jar_recipes(const archives::ZipReader& zip, const springboot::BootJar& jar,
                    const RecipeOptions& options, std::stop_token stop) {
  Recipes recipes;
  if (options.layout == Layout::tools) {
    for (oci::LayerRecipe& files : tools_files(zip, jar, options, stop)) {
      auto recipe = std::make_shared<oci::LayerRecipe>(std::move(files));
      add_folders(*recipe);
      recipes.push_back(std::move(recipe));
    }
    return recipes;
  }
  const auto layers = cut(springboot::layers(zip, jar), jar, options.buckets);
  const auto identities = identities_of(zip, layers, stop);
  for (const springboot::Layer& layer : layers) {
    recipes.push_back(unpacked_recipe(zip, layer, identities));
  }
  return recipes;
}

}  // namespace docker_push
