// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci/manifest.hpp"
#include "oci/registry.hpp"

namespace oci {

// What a repository names already, each thing asked for once. One thread at a time.
class Earlier {
 public:
  Earlier(Registry& registry, std::string repository);

  // What the tag names; absent when there is no such tag.
  const std::optional<std::string>& digest(const std::string& tag);

  // Absent for an index and for what cannot be read: earlier manifests are a help, never a
  // condition.
  const std::optional<Manifest>& manifest(const std::string& digest);

  // For repositories where each build has a tag of its own and no tag stays.
  std::optional<std::string> newest_tag();

  // The registry said that the repository does not exist, so no blob need be asked for.
  bool is_new() const { return is_new_; }

  // Asks beforehand what a push to the first of these tags will want to know: whether it is there,
  // else the manifest of the first that is.
  void look_ahead(const std::vector<std::string>& tags);

 private:
  Registry& registry_;
  std::string repository_;
  std::map<std::string, std::optional<std::string>> digests_;
  std::map<std::string, std::optional<Manifest>> manifests_;
  bool is_new_ = false;
};

}  // namespace oci
