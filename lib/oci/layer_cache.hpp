// SPDX-License-Identifier: Apache-2.0
//
// Digests of layers made before, by their recipe's key: on this machine, and in manifests of the
// repository that is pushed to. No layer's bytes are kept: who has lost a layer makes it again.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "oci/layer_recipe.hpp"
#include "oci/manifest.hpp"

namespace oci {

// A folder that several processes share and anybody may wipe: what cannot be read or written is
// told in debug and is no failure.
class LayerCache {
 public:
  explicit LayerCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<KnownLayer> find(const std::string& key) const;
  void keep(const std::string& key, const KnownLayer& layer) const;

 private:
  std::filesystem::path file_of(const std::string& key) const;

  std::filesystem::path folder_;
};

// By key, the layers of the image `of`, whose manifest docker-push wrote. Only a manifest of the
// destination's own repository may be believed: who can write there can push any image anyway.
std::map<std::string, KnownLayer> known_layers(const Manifest& manifest, const std::string& of);

}  // namespace oci
