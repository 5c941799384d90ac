// SPDX-License-Identifier: Apache-2.0
#include "oci/verify.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "file/temp_dir.hpp"
#include "oci/layer_recipe.hpp"
#include "support/error_of.hpp"

namespace {

std::shared_ptr<const oci::LayerRecipe> recipe_of(const std::string& content) {
  auto recipe = std::make_shared<oci::LayerRecipe>();
  recipe->name = "dependencies-1";
  recipe->entries.push_back(
      {.header = {.path = "app/a", .size = content.size()},
       .identity = content,
       .read = [content](const archives::Sink& sink) { sink(archives::bytes_of(content)); }});
  return recipe;
}

// A layer of `content` of which somebody says what is true of `told`.
oci::Layer learned(const file::TempDir& folder, const std::string& content,
                   const std::string& told) {
  const auto made = oci::make_layer(*recipe_of(told), folder.path() / "told", {});
  oci::Layer layer = oci::layer_of(recipe_of(content));
  oci::complete(layer, {.descriptor = made.descriptor,
                        .diff_id = made.diff_id,
                        .learned_from = "registry.example/shop:1"});
  return layer;
}

}  // namespace

TEST_CASE("a layer that was learned rightly is made once and keeps its bytes") {
  const file::TempDir folder("verify-test");
  std::vector<oci::Layer> layers{learned(folder, "a", "a")};
  CHECK(oci::verify_learned(layers, {.scratch = folder.path()}) == 1);
  REQUIRE(std::holds_alternative<http::Body>(layers[0].source));
  CHECK(std::get<http::Body>(layers[0].source).size == layers[0].descriptor.size);
  CHECK(oci::verify_learned(layers, {.scratch = folder.path()}) == 0);
}

TEST_CASE("a layer that nobody knows is not made") {
  const file::TempDir folder("verify-test");
  std::vector<oci::Layer> layers{oci::layer_of(recipe_of("a"))};
  CHECK(oci::verify_learned(layers, {.scratch = folder.path()}) == 0);
  CHECK_FALSE(layers[0].is_known());
}

TEST_CASE("a wrong digest is told with the layer, its key, both digests and who said so") {
  const file::TempDir folder("verify-test");
  std::vector<oci::Layer> layers{learned(folder, "a", "another")};
  const std::string wrong = layers[0].descriptor.digest;
  const std::string right =
      oci::make_layer(*recipe_of("a"), folder.path() / "a", {}).descriptor.digest;
  const auto error =
      support::error_of([&] { oci::verify_learned(layers, {.scratch = folder.path()}); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "verify layer dependencies-1 (key " + recipe_of("a")->key() +
                               "): its digest is " + right + ", registry.example/shop:1 says " +
                               wrong);
  CHECK(error.hint() == "find out who wrote registry.example/shop:1, and remove it");
}

TEST_CASE("a wrong diff id of the right bytes is told too") {
  const file::TempDir folder("verify-test");
  std::vector<oci::Layer> layers{learned(folder, "a", "a")};
  const std::string right = layers[0].diff_id;
  layers[0].diff_id = "sha256:" + std::string(64, '0');
  const auto error =
      support::error_of([&] { oci::verify_learned(layers, {.scratch = folder.path()}); });
  CHECK(error.message() == "verify layer dependencies-1 (key " + recipe_of("a")->key() +
                               "): its diff id is " + right + ", registry.example/shop:1 says " +
                               "sha256:" + std::string(64, '0'));
}
