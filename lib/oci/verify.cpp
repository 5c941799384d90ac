// SPDX-License-Identifier: Apache-2.0
#include "oci/verify.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "oci/layer_recipe.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

bool is_learned(const Layer& layer) {
  return layer.is_known() &&
         std::holds_alternative<std::shared_ptr<const LayerRecipe>>(layer.source);
}

[[noreturn]] void refuse(const Layer& learned, const Layer& made, const std::string& key) {
  const bool same_bytes = learned.descriptor.digest == made.descriptor.digest;
  const std::string told = same_bytes ? learned.diff_id : learned.descriptor.digest;
  const std::string is = same_bytes ? made.diff_id : made.descriptor.digest;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("verify layer {} (key {}): its {} is {}, {} says {}", learned.name, key,
                  same_bytes ? "diff id" : "digest", is, learned.learned_from, told),
      fmt::format("find out who wrote {}, and remove it", learned.learned_from));
}

}  // namespace

std::size_t verify_learned(std::vector<Layer>& layers, const LocalLayers& local) {
  std::vector<Layer*> learned;
  for (const std::size_t i : by_size(layers)) {
    if (is_learned(layers[i])) learned.push_back(&layers[i]);
  }
  parallel::for_each(learned.size(), local.parallel, [&](std::size_t i) {
    Layer& layer = *learned[i];
    const auto& recipe = std::get<std::shared_ptr<const LayerRecipe>>(layer.source);
    const std::string key = recipe->key();
    Layer made = make_layer(*recipe, fresh_file(local), local.stop);
    if (made.descriptor.digest != layer.descriptor.digest || made.diff_id != layer.diff_id) {
      refuse(layer, made, key);
    }
    layer.source = std::move(made.source);
  });
  return learned.size();
}

}  // namespace oci
