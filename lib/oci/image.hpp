// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oci/document_cache.hpp"
#include "oci/image_config.hpp"
#include "oci/layer.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"
#include "oci/registry.hpp"

namespace oci {

// What an image is built on.
struct BaseImage {
  std::string
      name{};  // fully qualified, without digest; "local-jre" for one that is in no registry
  std::string digest{};  // of what the name stood for (manifest or index)
  bool in_registry = false;
  ImageConfig config{};
  std::vector<Layer> layers{};
};

// Reads manifest and config; the layers stay where they are. What `cache` holds is not asked for
// again, but what a tag names always is. Throws refused for a platform that the image does not have
// or a manifest of unknown type.
BaseImage find_base_image(const std::shared_ptr<Registry>& registry, const Reference& reference,
                          const Platform& platform, const DocumentCache* cache = nullptr);

// An image some of whose layers may not be made yet.
struct Draft {
  std::vector<Layer> layers{};  // the base's first
  ImageConfig config{};
  Annotations annotations{};

  // Of an image that exists already: its config, and its manifest too when its layers stay as they
  // are, byte for byte.
  std::string exact_config{};
  std::string exact_manifest{};

  bool is_complete() const;  // all digests are known
};

// A whole image: its layers, and config and manifest as they are sent.
struct Image {
  std::vector<Layer> layers;
  std::string config;
  Descriptor config_descriptor;
  std::string manifest;
  std::string manifest_type;
  std::string digest;  // of the manifest
};

// Takes the layers' diff ids into the config, unless that is given exactly; its history must have
// one entry per layer that is not marked empty, or none at all. The draft must be complete.
Image assemble(Draft draft);

// The media type of a manifest or index by its own word, else by its shape.
std::string media_type_of(const std::string& text, std::string_view what);

}  // namespace oci
