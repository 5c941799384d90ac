// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/uploads.hpp"

#include <algorithm>
#include <tuple>

#include "crypto/sha256.hpp"

namespace sandbox::s3 {

std::string Uploads::begin(Upload upload) {
  upload.id = crypto::random_hex(32);
  upload.initiated = clock_.now();
  const std::lock_guard lock(mutex_);
  auto id = upload.id;
  uploads_.emplace(id, Entry{.upload = std::move(upload)});
  return id;
}

std::optional<Upload> Uploads::find(std::string_view bucket, std::string_view key,
                                    std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || found->second.upload.bucket != bucket ||
      found->second.upload.object.key != key) {
    return std::nullopt;
  }
  return found->second.upload;
}

Parts Uploads::parts(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  return found == uploads_.end() ? Parts() : found->second.parts;
}

bool Uploads::put(std::string_view id, Part part) {
  part.modified = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return false;
  found->second.parts.insert_or_assign(part.number, std::move(part));
  return true;
}

bool Uploads::end(std::string_view id) {
  // The parts' files go outside the lock.
  std::map<std::string, Entry, std::less<>>::node_type ended;
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return false;
  ended = uploads_.extract(found);
  return true;
}

std::vector<Upload> Uploads::list(std::string_view bucket, std::string_view prefix) const {
  std::vector<Upload> result;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : uploads_) {
      if (entry.upload.bucket == bucket && entry.upload.object.key.starts_with(prefix)) {
        result.push_back(entry.upload);
      }
    }
  }
  std::sort(result.begin(), result.end(), [](const Upload& left, const Upload& right) {
    return std::tie(left.object.key, left.initiated, left.id) <
           std::tie(right.object.key, right.initiated, right.id);
  });
  return result;
}

}  // namespace sandbox::s3
