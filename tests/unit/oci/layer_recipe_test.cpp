// SPDX-License-Identifier: Apache-2.0
#include "oci/layer_recipe.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "oci/layer_cache.hpp"

namespace {

oci::RecipeEntry file_entry(const std::string& path, const std::string& content) {
  return {.header = {.path = path, .size = content.size()},
          .identity = "sha256:" + content,
          .read = [content](const archives::Sink& sink) { sink(archives::bytes_of(content)); }};
}

oci::LayerRecipe recipe() {
  return {
      .name = "dependencies",
      .entries = {{.header = {.path = "app", .kind = archives::TarKind::directory, .mode = 0755}},
                  file_entry("app/a.jar", "aa"),
                  file_entry("app/b.jar", "bb")}};
}

}  // namespace

TEST_CASE("a recipe's key covers all that decides the layer's bytes, and not the layer's name") {
  auto renamed = recipe();
  renamed.name = "libraries";
  CHECK(renamed.key() == recipe().key());

  std::set<std::string> keys{recipe().key()};
  const auto changed = [&keys](auto change) {
    auto other = recipe();
    change(other);
    keys.insert(other.key());
  };
  changed([](auto& r) { r.entries[1].identity = "sha256:xx"; });
  changed([](auto& r) { r.entries[1].header.path = "app/c.jar"; });
  changed([](auto& r) { r.entries[1].header.mode = 0755; });
  changed([](auto& r) { r.entries[1].header.uid = 1000; });
  changed([](auto& r) { r.entries[1].header.mtime += 1; });
  changed([](auto& r) { r.entries[1].header.kind = archives::TarKind::symlink; });
  changed([](auto& r) { r.entries[1].header.link_target = "b.jar"; });
  changed([](auto& r) { std::swap(r.entries[1], r.entries[2]); });
  changed([](auto& r) { r.entries.pop_back(); });
  CHECK(keys.size() == 10);
}

TEST_CASE("equal keys give equal layers, and a manifest tells them by its annotations") {
  const file::TempDir folder("recipe");
  const auto one = oci::make_layer(recipe(), folder.path() / "one", {});
  const auto two = oci::make_layer(recipe(), folder.path() / "two", {});
  CHECK(one.descriptor.digest == two.descriptor.digest);

  const auto text =
      oci::write_manifest({.config = {.media_type = "c", .digest = one.diff_id, .size = 1},
                           .layers = {one.descriptor}});
  const auto known = oci::known_layers(oci::parse_manifest(text, "manifest"), "shop:1");
  REQUIRE(known.contains(recipe().key()));
  CHECK(known.at(recipe().key()).descriptor.digest == one.descriptor.digest);
  CHECK(known.at(recipe().key()).diff_id == one.diff_id);
}

TEST_CASE("a stop ends the making of a layer") {
  const file::TempDir folder("recipe");
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_WITH(oci::make_layer(recipe(), folder.path() / "one", stop.get_token()),
                    "make a layer: interrupted");
}

TEST_CASE("the cache gives back what it was given, and nothing from a damaged file") {
  const file::TempDir folder("cache");
  const oci::LayerCache cache(folder.path());
  const std::string key = recipe().key();
  CHECK(!cache.find(key));
  const auto layer = oci::make_layer(recipe(), folder.path() / "one", {});
  cache.keep(key, {.descriptor = layer.descriptor, .diff_id = layer.diff_id});
  const auto found = cache.find(key);
  REQUIRE(found);
  CHECK(found->descriptor.digest == layer.descriptor.digest);
  CHECK(found->descriptor.annotations == layer.descriptor.annotations);
  CHECK(found->diff_id == layer.diff_id);

  const auto path = folder.path() / key.substr(0, 2) / (key + ".json");
  const auto whole = file::read(path);
  for (const auto& damaged :
       {std::string(), whole.substr(0, whole.size() / 2), std::string("{\"descriptor\":{}}")}) {
    file::write_atomically(path, damaged);
    CHECK(!cache.find(key));
  }
}
