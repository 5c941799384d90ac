// SPDX-License-Identifier: Apache-2.0
#include "support/stored_repository.hpp"

#include <system_error>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"

namespace support {
namespace {

constexpr std::uint64_t largest_blob = 64ULL << 20U;

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

}  // namespace

StoredRepository::StoredRepository(std::filesystem::path storage, const std::string& name)
    : storage_(std::move(storage)), folder_(storage_ / "repositories" / name) {}

std::optional<std::string> StoredRepository::tag(const std::string& name) const {
  auto digest = file::find(folder_ / "_manifests/tags" / name / "current/link");
  // 2.8 empties the link before it writes it.
  return digest && digest->empty() ? std::nullopt : digest;
}

std::string StoredRepository::blob(const std::string& digest) const {
  const std::string hex = hex_of(digest);
  return file::find(storage_ / "blobs/sha256" / hex.substr(0, 2) / hex / "data", largest_blob)
      .value_or("");
}

std::vector<std::string> StoredRepository::blobs(const std::string& manifest) const {
  std::vector<std::string> digests{manifest};
  const json::Value document = json::parse(blob(manifest), "manifest");
  const json::Field root(document, "manifest");
  digests.push_back(root["config"]["digest"].string());
  for (const json::Field& layer : root["layers"].items()) {
    digests.push_back(layer["digest"].string());
  }
  return digests;
}

std::vector<std::string> StoredRepository::missing(const std::string& manifest) const {
  std::vector<std::string> digests;
  for (const std::string& digest : blobs(manifest)) {
    const auto* place = digest == manifest ? "_manifests/revisions/sha256" : "_layers/sha256";
    const auto link = file::find(folder_ / place / hex_of(digest) / "link");
    if (link != digest || crypto::sha256_hex(blob(digest)) != hex_of(digest)) {
      digests.push_back(digest);
    }
  }
  return digests;
}

std::string StoredRepository::content(const std::string& manifest) const {
  const json::Value document = json::parse(blob(blobs(manifest).at(1)), "config");
  std::string digests;
  for (const json::Field& layer : json::Field(document, "config")["rootfs"]["diff_ids"].items()) {
    digests += layer.string() + '\n';
  }
  return digests;
}

std::size_t StoredRepository::unfinished_uploads() const {
  std::error_code none;
  std::size_t count = 0;
  for (const auto& upload : std::filesystem::directory_iterator(folder_ / "_uploads", none)) {
    // 2.8 writes a state of the hash once more into the folder of an upload that it has cancelled.
    if (std::filesystem::exists(upload.path() / "startedat")) ++count;
  }
  return count;
}

void StoredRepository::copy_to(const std::string& name) const {
  std::filesystem::copy(folder_, storage_ / "repositories" / name,
                        std::filesystem::copy_options::recursive);
}

}  // namespace support
