// SPDX-License-Identifier: Apache-2.0
#include "oci/image.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "oci/digest.hpp"

namespace oci {
namespace {

constexpr std::uint64_t config_cap = 4ULL << 20U;

}  // namespace

BaseImage find_base_image(const std::shared_ptr<Registry>& registry, const Reference& reference,
                          const Platform& platform) {
  const std::string& repository = reference.repository;
  const std::string asked = !reference.digest.empty() ? reference.digest
                            : reference.tag.empty()   ? std::string("latest")
                                                      : reference.tag;
  const std::string what = fmt::format("base image {}", reference.text());
  StoredManifest stored = registry->manifest(repository, asked);
  BaseImage base{.name = reference.name(), .digest = stored.digest, .in_registry = true};
  if (reference.digest.empty()) base.name += ':' + asked;
  if (is_index(stored.media_type)) {
    const Descriptor chosen = choose_platform(stored.bytes, platform, what);
    stored = registry->manifest(repository, chosen.digest);
  }
  if (!is_manifest(stored.media_type)) {
    throw base::Error(base::Kind::refused,
                      fmt::format("read {}: its manifest is of type '{}'", what, stored.media_type),
                      "use an image with an OCI or Docker schema 2 manifest");
  }
  const Manifest manifest = parse_manifest(stored.bytes, what);
  base.config = parse_image_config(
      registry->read_small_blob(repository, manifest.config, config_cap), "config of " + what);
  if (base.config.diff_ids.size() != manifest.layers.size()) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} layers but {} diff ids", what,
                                  manifest.layers.size(), base.config.diff_ids.size()));
  }
  if (base.config.platform.text() != platform.text()) {
    throw base::Error(base::Kind::refused,
                      fmt::format("use {}: it is for {}, not {}", what, base.config.platform.text(),
                                  platform.text()),
                      "name a base image that exists for this platform");
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    base.layers.push_back({.descriptor = manifest.layers[i],
                           .diff_id = base.config.diff_ids[i],
                           .name = "base",
                           .source = RemoteBytes{registry, repository}});
  }
  return base;
}

Image assemble(std::vector<Layer> layers, ImageConfig config, Annotations annotations) {
  config.diff_ids.clear();
  Manifest manifest{.config = {}, .layers = {}, .annotations = std::move(annotations)};
  for (const Layer& layer : layers) {
    config.diff_ids.push_back(layer.diff_id);
    manifest.layers.push_back(layer.descriptor);
  }
  Image image{.layers = std::move(layers),
              .config = write_image_config(config),
              .config_descriptor = {},
              .manifest = {},
              .digest = {}};
  image.config_descriptor = {.media_type = std::string(media_type::config),
                             .digest = digest_of(image.config),
                             .size = image.config.size()};
  manifest.config = image.config_descriptor;
  image.manifest = write_manifest(manifest);
  image.digest = digest_of(image.manifest);
  return image;
}

}  // namespace oci
