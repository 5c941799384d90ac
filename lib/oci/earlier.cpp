// SPDX-License-Identifier: Apache-2.0
#include "oci/earlier.hpp"

#include <utility>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "oci/tag_order.hpp"

namespace oci {
namespace {

constexpr std::size_t most_listed_tags = 1000;

}  // namespace

Earlier::Earlier(Registry& registry, std::string repository)
    : registry_(registry), repository_(std::move(repository)) {}

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
    const auto stored = registry_.manifest(repository_, digest);
    if (is_manifest(stored.media_type)) manifest = parse_manifest(stored.bytes, digest);
  } catch (const base::Error& error) {
    logging::debug("learn from {}@{}: {}", repository_, digest, error.what());
  }
  return manifest;
}

std::optional<std::string> Earlier::newest_tag() {
  try {
    const auto tags = registry_.find_tags(repository_, most_listed_tags);
    is_new_ = !tags;
    if (tags) return newest_looking(*tags);
  } catch (const base::Error& error) {
    logging::debug("list the tags of {}: {}", repository_, error.what());
  }
  return std::nullopt;
}

void Earlier::look_ahead(const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    const auto& found = digest(tag);
    if (!found) continue;
    // Where the first tag is there already, most often nothing has changed, and its digest says so.
    if (tag != tags.front()) manifest(*found);
    return;
  }
}

}  // namespace oci
