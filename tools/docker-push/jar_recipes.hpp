// SPDX-License-Identifier: Apache-2.0
//
// A Spring Boot jar as recipes of image layers below /app: unpacked, as Spring Boot's own layered
// Dockerfile does, so that the layers of its index become the image's; or as the application's jar
// with its libraries beside it (springboot/tools_layout.hpp), in the same layers.
//
// A layer of many libraries is cut into several by artifact, so that one new version of one library
// re-sends a fraction of them all.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "archives/zip_reader.hpp"
#include "oci/layer_recipe.hpp"
#include "springboot/boot_jar.hpp"
#include "springboot/tools_layout.hpp"

namespace docker_push {

enum class Layout { unpacked, tools };

// The application's jar in the layout `tools`, below /app.
inline constexpr std::string_view application_jar = "application.jar";

// Where the layout `tools` is put in the image.
struct ToolsPlace {
  std::string folder = "app";  // without "/" at either end; empty: the image's root
  std::string jar{application_jar};
  std::string libraries = "lib";  // a folder beside the jar
};

struct RecipeOptions {
  Layout layout = Layout::unpacked;
  int buckets = 6;  // layers that a layer of libraries is cut into; 1: none
  ToolsPlace tools{};
};

// Empty layers are left out. `zip` must outlive the recipes. Same jar, same keys, whatever the
// machine; the raw bytes of all entries are hashed, on all cores.
std::vector<std::shared_ptr<const oci::LayerRecipe>> jar_recipes(const archives::ZipReader& zip,
                                                                 const springboot::BootJar& jar,
                                                                 const RecipeOptions& options,
                                                                 std::stop_token stop);

// The files of the layout `tools` by layer, without the folders above them. `zip` must outlive the
// recipes.
std::vector<oci::LayerRecipe> tools_files(const archives::ZipReader& zip,
                                          const springboot::BootJar& jar,
                                          const RecipeOptions& options, std::stop_token stop);

// The application's own jar of the layout `tools`. Its entries are stored, since the layer around
// it is compressed as a whole.
std::string application_jar_bytes(const archives::ZipReader& zip,
                                  const springboot::ToolsLayout& layout);

// "spring-core" of "BOOT-INF/lib/spring-core-6.1.2.jar": what stays when its version changes.
std::string_view artifact_of(std::string_view path);

}  // namespace docker_push
