// SPDX-License-Identifier: Apache-2.0
#include "oci/image.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "oci/digest.hpp"

namespace oci {
namespace {

constexpr std::uint64_t config_cap = 4ULL << 20U;

// Documents of one repository, from the cache where it has them.
class Documents {
 public:
  Documents(Registry& registry, const std::string& repository, const DocumentCache* cache)
      : registry_(registry), repository_(repository), cache_(cache) {}

  StoredManifest by_digest(const std::string& digest) {
    if (const auto bytes = find(digest)) {
      return {.media_type = media_type_of(*bytes, digest), .digest = digest, .bytes = *bytes};
    }
    return fetched(digest);
  }

  StoredManifest by_tag(const std::string& tag) {
    const std::string name = registry_.name() + '/' + repository_ + ':' + tag;
    if (cache_ != nullptr && cache_->find_named(name)) {
      if (const auto digest = registry_.find_manifest_digest(repository_, tag)) {
        return by_digest(*digest);
      }
    }
    StoredManifest stored = fetched(tag);
    if (cache_ != nullptr) cache_->keep_named(name, stored.digest);
    return stored;
  }

  std::string config(const Descriptor& descriptor) {
    if (auto bytes = find(descriptor.digest)) return *std::move(bytes);
    std::string bytes = registry_.read_small_blob(repository_, descriptor, config_cap);
    if (cache_ != nullptr) cache_->keep(descriptor.digest, bytes);
    return bytes;
  }

 private:
  std::optional<std::string> find(const std::string& digest) const {
    return cache_ == nullptr ? std::nullopt : cache_->find(digest);
  }

  StoredManifest fetched(const std::string& reference) {
    StoredManifest stored = registry_.manifest(repository_, reference);
    if (cache_ != nullptr) cache_->keep(stored.digest, stored.bytes);
    return stored;
  }

  Registry& registry_;
  const std::string& repository_;
  const DocumentCache* cache_;
};

// Readers hold a history against the layers, so ours on top of one that leaves some out, as
// importers write it, would make an image that they refuse.
void complete_history(ImageConfig& config) {
  const auto told = std::ranges::count(config.history, false, &History::empty_layer);
  if (static_cast<std::size_t>(told) == config.diff_ids.size()) return;
  config.history.assign(config.diff_ids.size(), {.created = config.created});
}

}  // namespace

std::string media_type_of(const std::string& text, std::string_view what) {
  const json::Value document = json::parse(text, what);
  const json::Field root(document, what);
  if (const auto told = root["mediaType"].maybe_string()) return *told;
  return std::string(root["manifests"].exists() ? media_type::index : media_type::manifest);
}

BaseImage find_base_image(const std::shared_ptr<Registry>& registry, const Reference& reference,
                          const Platform& platform, const DocumentCache* cache) {
  const std::string& repository = reference.repository;
  const std::string tag = reference.tag.empty() ? "latest" : reference.tag;
  const std::string what = fmt::format("base image {}", reference.text());
  Documents documents(*registry, repository, cache);
  StoredManifest stored =
      reference.digest.empty() ? documents.by_tag(tag) : documents.by_digest(reference.digest);
  BaseImage base{.name = reference.name(), .digest = stored.digest, .in_registry = true};
  if (reference.digest.empty()) base.name += ':' + tag;
  if (is_index(stored.media_type)) {
    const Descriptor chosen = choose_platform(stored.bytes, platform, what);
    stored = documents.by_digest(chosen.digest);
  }
  if (!is_manifest(stored.media_type)) {
    throw base::Error(base::Kind::refused,
                      fmt::format("read {}: its manifest is of type '{}'", what, stored.media_type),
                      "use an image with an OCI or Docker schema 2 manifest");
  }
  Manifest manifest = parse_image_manifest(stored.bytes, what);
  base.config = parse_image_config(documents.config(manifest.config), "config of " + what);
  if (base.config.diff_ids.size() != manifest.layers.size()) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} layers but {} diff ids", what,
                                  manifest.layers.size(), base.config.diff_ids.size()));
  }
  complete_history(base.config);
  if (!fits(base.config.platform, platform)) {
    throw base::Error(base::Kind::refused,
                      fmt::format("use {}: it is for {}, not {}", what, base.config.platform.text(),
                                  platform.text()),
                      "name a base image that exists for this platform");
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    manifest.layers[i].annotations.clear();  // its own notes are not ours to repeat
    base.layers.push_back({.descriptor = manifest.layers[i],
                           .diff_id = base.config.diff_ids[i],
                           .name = "base",
                           .source = RemoteBytes{registry, repository}});
  }
  return base;
}

bool Draft::is_complete() const { return std::ranges::all_of(layers, &Layer::is_known); }

Image assemble(Draft draft) {
  require_stackable(draft.layers.size(), "the image");
  draft.config.diff_ids.clear();
  Manifest manifest{.config = {}, .layers = {}, .annotations = std::move(draft.annotations)};
  for (const Layer& layer : draft.layers) {
    draft.config.diff_ids.push_back(layer.diff_id);
    manifest.layers.push_back(layer.descriptor);
  }
  Image image{.layers = std::move(draft.layers),
              .config = std::move(draft.exact_config),
              .config_descriptor = {},
              .manifest = std::move(draft.exact_manifest),
              .manifest_type = std::string(media_type::manifest),
              .digest = {}};
  if (image.config.empty()) image.config = write_image_config(draft.config);
  image.config_descriptor = {.media_type = std::string(media_type::config),
                             .digest = digest_of(image.config),
                             .size = image.config.size()};
  if (image.manifest.empty()) {
    manifest.config = image.config_descriptor;
    image.manifest = write_manifest(manifest);
  } else {
    image.manifest_type = media_type_of(image.manifest, "the image's manifest");
  }
  image.digest = digest_of(image.manifest);
  return image;
}

}  // namespace oci
