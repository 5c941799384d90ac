// SPDX-License-Identifier: Apache-2.0
//
// What a layer will consist of, known before any of its bytes is read as a tar.
//
// Compressing costs most of a push and its result is decided by the entries alone, so a recipe has
// a key, and whoever has seen the key knows the layer's digests without making it. The key covers
// the format's and the compressor's names: other rules for the bytes give other keys.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "archives/sink.hpp"
#include "archives/tar_writer.hpp"
#include "oci/layer.hpp"

namespace oci {

struct RecipeEntry {
  archives::TarEntry header{};
  // Of a regular file: what decides its bytes ("sha256:…" of them, "deflate-sha256:…" of a zip
  // entry's raw bytes). Equal identities must mean equal bytes.
  std::string identity{};
  // Gives exactly header.size bytes; called from any thread.
  std::function<void(const archives::Sink& sink)> read{};
};

// A layer that exists as a tar and has only to be compressed.
struct WholeTar {
  std::string diff_id{};
  std::uint64_t size = 0;
  std::function<void(const archives::Sink& sink)> read{};
};

struct LayerRecipe {
  std::string name{};                  // "dependencies"
  std::vector<RecipeEntry> entries{};  // in the order of the tar
  std::optional<WholeTar> tar{};       // instead of entries

  std::string key() const;     // 64 lower-case hex digits; does not depend on `name`
  std::uint64_t size() const;  // of the files, uncompressed
};

// The annotations of a layer's descriptor by which a later build knows it again.
inline constexpr std::string_view key_annotation = "io.stagecraft.layer.key";
inline constexpr std::string_view diff_id_annotation = "io.stagecraft.layer.diff-id";

// The digests that a recipe's bytes have.
struct KnownLayer {
  Descriptor descriptor{};
  std::string diff_id{};
  std::string learned_from{};  // a file, or an image
};

// A layer to be made when somebody needs its bytes.
Layer layer_of(std::shared_ptr<const LayerRecipe> recipe);

// Takes over what is known of a layer's digests.
void complete(Layer& layer, const KnownLayer& known);

// Tar, gzip and both digests in one pass; the file at `path` lives as long as the layer. A stop
// throws unavailable. Throws integrity when a whole tar is not what its diff id says.
Layer make_layer(const LayerRecipe& recipe, const std::filesystem::path& path,
                 std::stop_token stop);

}  // namespace oci
