// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

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

// Reads manifest and config; the layers stay where they are. Throws refused for a platform that the
// image does not have or a manifest of unknown type.
BaseImage find_base_image(const std::shared_ptr<Registry>& registry, const Reference& reference,
                          const Platform& platform);

// A whole image: its layers, and config and manifest as they are sent.
struct Image {
  std::vector<Layer> layers;  // the base's first
  std::string config;
  Descriptor config_descriptor;
  std::string manifest;
  std::string digest;  // of the manifest
};

// Takes the layers' diff ids into the config; its history must have one entry per layer that is not
// marked empty, or none at all.
Image assemble(std::vector<Layer> layers, ImageConfig config, Annotations annotations);

}  // namespace oci
