// SPDX-License-Identifier: Apache-2.0
#include "oci/earlier.hpp"

#include <utility>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "oci/image.hpp"
#include "oci/tag_order.hpp"

namespace oci {
namespace {

constexpr std::size_t most_listed_tags = 1000;

}  // namespace

Earlier::Earlier(Registry& registry, std::string repository, std::optional<DocumentCache> cache)
    : registry_(registry), repository_(std::move(repository)), cache_(std::move(cache)) {}

const std::optional<std::string>& Earlier::digest(const std::string& tag) {
  const auto known = digests_.find(tag);
  if (known != digests_.end()) return known->second;
  return digests_[tag] = registry_.find_manifest_digest(repository_, tag);
}

const std::optional<Manifest>& Earlier::manifest(const std::string& digest) {
  const auto known = manifests_.find(digest);
  if (known != manifests_.end()) return known->second;
  std::optional<Manifest>& manifest = manifests_[digest];
  try {
    manifest = read(digest);
  } catch (const base::Error& error) {
    logging::debug("learn from {}@{}: {}", repository_, digest, error.what());
  }
  return manifest;
}

std::optional<Manifest> Earlier::read(const std::string& digest) {
  if (cache_) {
    const auto bytes = cache_->find(digest);
    if (bytes && is_manifest(media_type_of(*bytes, digest))) return parse_manifest(*bytes, digest);
  }
  const auto stored = registry_.manifest(repository_, digest);
  if (!is_manifest(stored.media_type)) return std::nullopt;
  return parse_manifest(stored.bytes, digest);
}

const std::optional<std::string>& Earlier::newest_tag() {
  if (newest_) return *newest_;
  newest_.emplace();
  try {
    const auto tags = registry_.find_tags(repository_, most_listed_tags);
    is_new_ = !tags;
    if (tags) *newest_ = newest_looking(*tags);
  } catch (const base::Error& error) {
    logging::debug("list the tags of {}: {}", repository_, error.what());
  }
  return *newest_;
}

const Manifest* Earlier::of_tag(const std::string& tag) {
  const auto& found = digest(tag);
  if (!found) return nullptr;
  const auto& of_digest = manifest(*found);
  return of_digest ? &*of_digest : nullptr;
}

bool Earlier::learn(const std::vector<std::string>& tags, const Look& look) {
  bool learned = false;
  for (const std::string& tag : tags) {
    const Manifest* found = of_tag(tag);
    if (found == nullptr) continue;
    if (look(*found, tag)) return true;
    learned = true;
  }
  if (learned) return true;
  const std::string latest = "latest";
  const Manifest* found = of_tag(latest);
  if (found != nullptr) look(*found, latest);
  return found != nullptr;
}

bool Earlier::learn_newest(const Look& look) {
  const auto& newest = newest_tag();
  const Manifest* found = newest ? of_tag(*newest) : nullptr;
  if (found != nullptr) look(*found, *newest);
  return found != nullptr;
}

}  // namespace oci
