// SPDX-License-Identifier: Apache-2.0
//
// What this machine pushed last to a repository, so that a layer that must be sent again can say
// why: "3 of 136 files changed".
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "oci/layer_recipe.hpp"

namespace docker_push {

class LastPush {
 public:
  // `repository` is "registry/repository". Nothing kept, or nothing readable: an empty one.
  LastPush(const std::filesystem::path& cache, const std::string& repository);

  // Why this layer is not the one of the last push; empty when it is.
  std::string reason(const oci::LayerRecipe& recipe) const;

  // What keep() writes of these layers: for a large application it takes a while.
  static std::string describe(const std::vector<std::shared_ptr<const oci::LayerRecipe>>& recipes);
  void keep(const std::string& description) const;

 private:
  using Files = std::map<std::string, std::string>;  // path → the beginning of its identity's hash

  static Files files_of(const oci::LayerRecipe& recipe);

  std::filesystem::path file_;
  std::map<std::string, Files> layers_;  // by name
};

}  // namespace docker_push
