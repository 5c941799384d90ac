// SPDX-License-Identifier: Apache-2.0
//
// How a boot jar's files are spread over image layers: by its layers.idx, or by Spring Boot's own
// default split. What changes rarely comes first.
//
// layers.idx looks like YAML and is parsed literally, as Spring Boot's IndexedLayers does: a line
// `- "layer":` begins a layer, `  - "path"` belongs to it, a path that ends in "/" is a folder, the
// first match wins, and a file that no line covers is an error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archives/zip_reader.hpp"
#include "springboot/boot_jar.hpp"

namespace springboot {

struct Layer {
  std::string name;
  std::vector<const archives::ZipEntry*> files;  // sorted by name, no directories; may be empty
};

struct IndexedLayer {
  std::string name;
  std::vector<std::string> paths;
};

// Throws integrity with the line's number; `what` names the index.
std::vector<IndexedLayer> parse_layers_index(std::string_view text, std::string_view what);

// The name of the default layer: dependencies, spring-boot-loader, snapshot-dependencies or
// application.
std::string_view default_layer(const BootJar& jar, std::string_view path);

// The layers in image order; pointers are into `zip`. Throws integrity for a broken index.
std::vector<Layer> layers(const archives::ZipReader& zip, const BootJar& jar);

}  // namespace springboot
