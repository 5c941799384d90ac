// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "text/hex.hpp"

namespace sandbox::s3 {
namespace {

std::string new_version() { return crypto::random_hex(16); }

bool holds(const Precondition& precondition, const std::optional<ObjectVersion>& newest) {
  if (precondition.absent && newest) return false;
  return precondition.etag.empty() || (newest && newest->etag == precondition.etag);
}

}  // namespace

bool is_bucket_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 63 && is_plain(name.front()) && is_plain(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [&is_plain](char c) { return is_plain(c) || c == '-' || c == '.'; });
}

Store::Store(std::filesystem::path folder, const timing::Clock& clock)
    : folder_(std::move(folder)), clock_(clock) {
  file::make_directories(folder_);
}

void Store::create_bucket(std::string_view bucket) {
  if (!is_bucket_name(bucket)) {
    throw base::Error(base::Kind::usage, fmt::format("make bucket {}: not a bucket name", bucket),
                      "use 3 to 63 of a-z, 0-9, . and -");
  }
  file::make_directories(folder_ / bucket);
  const std::lock_guard lock(mutex_);
  buckets_.try_emplace(std::string(bucket), Bucket{.created = clock_.now()});
}

bool Store::has_bucket(std::string_view bucket) const {
  const std::lock_guard lock(mutex_);
  return buckets_.contains(bucket);
}

std::map<std::string, timing::SystemTime, std::less<>> Store::buckets() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, timing::SystemTime, std::less<>> result;
  for (const auto& [name, bucket] : buckets_) result.emplace(name, bucket.created);
  return result;
}

ObjectVersion Store::put(std::string_view bucket, ObjectVersion object, std::string_view bytes) {
  return *put_if({}, bucket, std::move(object), bytes);
}

std::optional<ObjectVersion> Store::put_if(const Precondition& precondition,
                                           std::string_view bucket, ObjectVersion object,
                                           std::string_view bytes) {
  if (!has_bucket(bucket)) {
    throw base::Error(
        base::Kind::refused,
        fmt::format("put {} to bucket {}: there is no such bucket", object.key, bucket));
  }
  object.version = new_version();
  object.size = bytes.size();
  object.modified = clock_.now();
  object.file = folder_ / bucket / object.version;
  object.delete_marker = false;
  if (object.etag.empty()) object.etag = text::hex(crypto::md5(bytes));
  // The bytes first: whoever sees the version can read it. A version that loses is taken away.
  file::write_atomically(object.file, bytes);

  const std::lock_guard lock(mutex_);
  auto& versions = buckets_.find(bucket)->second.keys[object.key];
  const bool exists = !versions.empty() && !versions.back().delete_marker;
  if (!holds(precondition, exists ? std::optional(versions.back()) : std::nullopt)) {
    std::error_code ignored;
    std::filesystem::remove(object.file, ignored);
    return std::nullopt;
  }
  versions.push_back(object);
  return object;
}

const Store::Versions* Store::find_versions(std::string_view bucket, std::string_view key) const {
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return nullptr;
  const auto versions = found->second.keys.find(key);
  return versions == found->second.keys.end() || versions->second.empty() ? nullptr
                                                                          : &versions->second;
}

std::optional<ObjectVersion> Store::find_entry(std::string_view bucket, std::string_view key,
                                               std::string_view version) const {
  const std::lock_guard lock(mutex_);
  const auto* versions = find_versions(bucket, key);
  if (versions == nullptr) return std::nullopt;
  if (version.empty()) return versions->back();
  const auto found =
      std::find_if(versions->begin(), versions->end(),
                   [version](const ObjectVersion& each) { return each.version == version; });
  return found == versions->end() ? std::nullopt : std::optional(*found);
}

std::optional<ObjectVersion> Store::find(std::string_view bucket, std::string_view key,
                                         std::string_view version) const {
  auto entry = find_entry(bucket, key, version);
  return entry && !entry->delete_marker ? entry : std::nullopt;
}

Removal Store::remove(std::string_view bucket, std::string_view key, std::string_view version) {
  const std::lock_guard lock(mutex_);
  const auto holder = buckets_.find(bucket);
  if (holder == buckets_.end()) return {};
  auto& keys = holder->second.keys;
  if (version.empty()) {
    ObjectVersion marker{.key = std::string(key), .version = new_version()};
    marker.modified = clock_.now();
    marker.delete_marker = true;
    keys[marker.key].push_back(marker);
    return {.version = marker.version, .delete_marker = true};
  }
  const auto versions = keys.find(key);
  if (versions == keys.end()) return {.version = std::string(version)};
  const auto found =
      std::find_if(versions->second.begin(), versions->second.end(),
                   [version](const ObjectVersion& each) { return each.version == version; });
  if (found == versions->second.end()) return {.version = std::string(version)};
  const Removal removal{.version = found->version, .delete_marker = found->delete_marker};
  std::error_code ignored;
  if (!found->delete_marker) std::filesystem::remove(found->file, ignored);
  versions->second.erase(found);
  return removal;
}

std::vector<ObjectVersion> Store::list(std::string_view bucket, std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectVersion> result;
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return result;
  const auto& keys = found->second.keys;
  for (auto key = keys.lower_bound(prefix); key != keys.end() && key->first.starts_with(prefix);
       ++key) {
    if (!key->second.empty() && !key->second.back().delete_marker) {
      result.push_back(key->second.back());
    }
  }
  return result;
}

}  // namespace sandbox::s3
