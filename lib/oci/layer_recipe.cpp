// SPDX-License-Identifier: Apache-2.0
#include "oci/layer_recipe.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "archives/gzip.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

constexpr std::string_view recipe_format = "stagecraft layer 1";
constexpr std::uint64_t small = 256U << 10U;
constexpr std::uint64_t most_held = 1U << 20U;

// Lengths before the texts, so that no two lists of fields read the same.
void add(crypto::Sha256& hash, std::string_view field) {
  hash.update(fmt::format("{}:", field.size()));
  hash.update(field);
}

std::string_view word(archives::TarKind kind) {
  switch (kind) {
    case archives::TarKind::directory:
      return "directory";
    case archives::TarKind::symlink:
      return "symlink";
    case archives::TarKind::regular:
      break;
  }
  return "regular";
}

bool is_small(const RecipeEntry& entry) { return entry.header.size <= small; }

// How many of these entries may be held at once, at least one.
std::size_t batch_size(std::span<const RecipeEntry> entries) {
  std::uint64_t held = 0;
  std::size_t count = 0;
  while (count < entries.size() && is_small(entries[count]) && held <= most_held) {
    held += entries[count++].header.size;
  }
  return std::max<std::size_t>(count, 1);
}

// The bytes of the small entries, read on all cores: inflating classes takes one thread longer than
// compressing them anew.
std::vector<std::string> read_small(std::span<const RecipeEntry> entries) {
  std::vector<std::string> contents(entries.size());
  parallel::for_each(entries.size(), parallel::cores(), [&](std::size_t i) {
    const RecipeEntry& entry = entries[i];
    if (!is_small(entry) || entry.header.size == 0) return;
    contents[i].reserve(entry.header.size);
    entry.read([&](std::span<const std::byte> bytes) { contents[i] += crypto::as_text(bytes); });
  });
  return contents;
}

}  // namespace

std::string LayerRecipe::key() const {
  crypto::Sha256 hash;
  add(hash, recipe_format);
  add(hash, archives::gzip_format);
  if (tar) add(hash, tar->diff_id);
  for (const RecipeEntry& entry : entries) {
    const archives::TarEntry& header = entry.header;
    add(hash, header.path);
    add(hash, fmt::format("{} {:o} {}:{} {} {}", word(header.kind), header.mode, header.uid,
                          header.gid, header.mtime, header.size));
    add(hash, header.link_target);
    add(hash, entry.identity);
  }
  return hash.finish_hex();
}

std::uint64_t LayerRecipe::size() const {
  std::uint64_t sum = tar ? tar->size : 0;
  for (const RecipeEntry& entry : entries) sum += entry.header.size;
  return sum;
}

Layer layer_of(std::shared_ptr<const LayerRecipe> recipe) {
  Layer layer{.descriptor = {.media_type = std::string(media_type::layer_gzip), .digest = {}},
              .diff_id = {},
              .name = recipe->name,
              .source = {}};
  layer.source = std::move(recipe);
  return layer;
}

void complete(Layer& layer, const KnownLayer& known) {
  layer.descriptor = known.descriptor;
  layer.diff_id = known.diff_id;
  layer.learned_from = known.learned_from;
}

Layer make_layer(const LayerRecipe& recipe, const std::filesystem::path& path,
                 std::stop_token stop) {
  LayerWriter writer(path);
  const auto require_running = [&stop] {
    if (!stop.stop_requested()) return;
    throw base::Error(base::Kind::unavailable, "make a layer: interrupted");
  };
  for (std::span rest(recipe.entries); !rest.empty();) {
    require_running();
    const auto batch = rest.first(batch_size(rest));
    const auto contents = read_small(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      writer.tar().begin(batch[i].header);
      if (is_small(batch[i])) {
        writer.tar().write(archives::bytes_of(contents[i]));
        continue;
      }
      batch[i].read([&](std::span<const std::byte> bytes) {
        require_running();
        writer.tar().write(bytes);
      });
    }
    rest = rest.subspan(batch.size());
  }
  if (recipe.tar) {
    recipe.tar->read([&](std::span<const std::byte> bytes) {
      require_running();
      writer.write_tar(bytes);
    });
  }
  Layer layer = writer.finish(recipe.name);
  if (recipe.tar && layer.diff_id != recipe.tar->diff_id) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: its tar has digest {}, the image says {}", recipe.name,
                                  layer.diff_id, recipe.tar->diff_id));
  }
  layer.descriptor.annotations = {{std::string(diff_id_annotation), layer.diff_id},
                                  {std::string(key_annotation), recipe.key()}};
  return layer;
}

}  // namespace oci
