// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci/document_cache.hpp"
#include "oci/manifest.hpp"
#include "oci/registry.hpp"

namespace oci {

// What a repository names already, each thing asked for once. One thread at a time.
class Earlier {
 public:
  // Manifests that `cache` holds are not asked for.
  Earlier(Registry& registry, std::string repository,
          std::optional<DocumentCache> cache = std::nullopt);

  std::string name() const { return registry_.name() + '/' + repository_; }

  // What the tag names; absent when there is no such tag.
  const std::optional<std::string>& digest(const std::string& tag);

  // Absent for an index and for what cannot be read: earlier manifests are a help, never a
  // condition.
  const std::optional<Manifest>& manifest(const std::string& digest);

  // For repositories where each build has a tag of its own and no tag stays.
  const std::optional<std::string>& newest_tag();

  // The registry said that the repository does not exist, so no blob need be asked for.
  bool is_new() const { return is_new_; }

  using Look = std::function<bool(const Manifest& manifest, const std::string& tag)>;

  // Shows the manifests to learn layers from, those of these tags and else of `latest`, until
  // `look` says that it is enough. False when there was none.
  bool learn(const std::vector<std::string>& tags, const Look& look);

  // The same of the newest looking tag.
  bool learn_newest(const Look& look);

 private:
  std::optional<Manifest> read(const std::string& digest);
  const Manifest* of_tag(const std::string& tag);

  Registry& registry_;
  std::string repository_;
  std::optional<DocumentCache> cache_;
  std::map<std::string, std::optional<std::string>> digests_;
  std::map<std::string, std::optional<Manifest>> manifests_;
  std::optional<std::optional<std::string>> newest_;
  bool is_new_ = false;
};

}  // namespace oci
