// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace support {

// A repository as docker-registry keeps it on its disk: a witness that sends no request.
class StoredRepository {
 public:
  // `storage` is RegistryFixture::storage().
  StoredRepository(std::filesystem::path storage, const std::string& name);

  // The digest that the tag names.
  std::optional<std::string> tag(const std::string& name) const;

  // The digests that a manifest names, itself, its config and then its layers.
  std::vector<std::string> blobs(const std::string& manifest) const;

  // Those of the blobs that are not in the repository, or whose bytes have another digest.
  std::vector<std::string> missing(const std::string& manifest) const;

  // The digests of the unpacked layers, one a line: what an image is, whatever its labels say.
  std::string content(const std::string& manifest) const;

  std::size_t unfinished_uploads() const;

  void copy_to(const std::string& name) const;

 private:
  std::string blob(const std::string& digest) const;  // empty when there is none

  std::filesystem::path storage_;
  std::filesystem::path folder_;
};

}  // namespace support
