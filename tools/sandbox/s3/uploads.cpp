// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/uploads.hpp"

#include <system_error>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "text/hex.hpp"

namespace sandbox::s3 {

Uploads::Uploads(const Store& store)
    : folder_(store.folder() / ".uploads"), clock_(store.clock()) {}

std::string Uploads::begin(Upload upload) {
  upload.id = crypto::random_hex(32);
  upload.initiated = clock_.now();
  file::make_directories(folder_ / upload.id);
  const std::lock_guard lock(mutex_);
  auto id = upload.id;
  uploads_.emplace(id, std::move(upload));
  return id;
}

std::optional<Upload> Uploads::find(std::string_view bucket, std::string_view key,
                                    std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || found->second.bucket != bucket ||
      found->second.object.key != key) {
    return std::nullopt;
  }
  return found->second;
}

bool Uploads::put(std::string_view id, Part part, std::string_view bytes) {
  part.etag = text::hex(crypto::md5(bytes));
  part.size = bytes.size();
  part.modified = clock_.now();
  // A name of its own: a retry of the same part may run at the same time.
  part.file = folder_ / id / crypto::random_hex(8);
  file::write_atomically(part.file, bytes);

  const std::lock_guard lock(mutex_);
  const auto upload = uploads_.find(id);
  std::error_code ignored;
  if (upload == uploads_.end()) {
    std::filesystem::remove_all(folder_ / id, ignored);
    return false;
  }
  auto& place = upload->second.parts[part.number];
  if (!place.file.empty()) std::filesystem::remove(place.file, ignored);
  place = std::move(part);
  return true;
}

void Uploads::end(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto upload = uploads_.find(id);
  if (upload == uploads_.end()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_ / id, ignored);
  uploads_.erase(upload);
}

std::vector<Upload> Uploads::list(std::string_view bucket, std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<Upload> result;
  for (const auto& [id, upload] : uploads_) {
    if (upload.bucket == bucket && upload.object.key.starts_with(prefix)) result.push_back(upload);
  }
  return result;
}

}  // namespace sandbox::s3
