// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "dockerfile/tree.hpp"
#include "oci/layer_recipe.hpp"

namespace docker_push {

struct LayerFiles {
  std::string name{};
  dockerfile::Tree files{};
  std::shared_ptr<const oci::LayerRecipe> recipe{};  // of the files, when there is one already
};

// Recipes of the same order and names. Every file is hashed, on all cores; one that is changed
// between that and being put into the layer throws integrity then.
std::vector<std::shared_ptr<const oci::LayerRecipe>> tree_recipes(
    const std::vector<LayerFiles>& layers, std::stop_token stop);

// Lower-case hex, of the bytes that the origin names.
std::string sha256_of(const dockerfile::Origin& origin);

// Throws integrity: the file is no longer what was looked at before.
[[noreturn]] void refuse_changed(const std::filesystem::path& file);

}  // namespace docker_push
