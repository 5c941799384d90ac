// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace oci {

// Manifests and configs by digest, and which digest a tag named last. A folder that several
// processes share and anybody may wipe: what cannot be read, or has other bytes than its digest
// says, is absent; what cannot be written is told in debug.
class DocumentCache {
 public:
  explicit DocumentCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<std::string> find(const std::string& digest) const;
  void keep(const std::string& digest, const std::string& bytes) const;

  // `name` is "registry/repository:tag". Only good for asking whether it still names that digest.
  std::optional<std::string> find_named(const std::string& name) const;
  void keep_named(const std::string& name, const std::string& digest) const;

 private:
  void write(const std::filesystem::path& path, const std::string& bytes) const;
  std::filesystem::path name_file(const std::string& name) const;

  std::filesystem::path folder_;
};

}  // namespace oci
