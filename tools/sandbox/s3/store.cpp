// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "text/hex.hpp"

namespace sandbox::s3 {
namespace {

bool holds(const Precondition& precondition, const ObjectVersion* newest) {
  if (precondition.absent && newest != nullptr) return false;
  return precondition.etag.empty() || (newest != nullptr && newest->etag == precondition.etag);
}

auto version_named(std::string_view version) {
  return [version](const ObjectVersion& each) { return each.version == version; };
}

bool is_null_version(const ObjectVersion& object) { return object.version == null_version; }

std::string version_for(Versioning versioning) {
  return versioning == Versioning::enabled ? crypto::random_hex(16) : std::string(null_version);
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

void Store::create_bucket(std::string_view bucket, BucketSettings settings) {
  if (!is_bucket_name(bucket)) {
    throw base::Error(base::Kind::usage, fmt::format("make bucket {}: not a bucket name", bucket),
                      "use 3 to 63 of a-z, 0-9, . and -");
  }
  settings.created = clock_.now();
  const std::lock_guard lock(mutex_);
  buckets_.try_emplace(std::string(bucket), Bucket{.settings = std::move(settings)});
}

BucketRemoval Store::remove_bucket(std::string_view bucket) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return BucketRemoval::absent;
  const auto& keys = found->second.keys;
  if (std::any_of(keys.begin(), keys.end(), [](const auto& key) { return !key.second.empty(); })) {
    return BucketRemoval::not_empty;
  }
  buckets_.erase(found);
  return BucketRemoval::done;
}

std::optional<BucketSettings> Store::find_bucket(std::string_view bucket) const {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  return found == buckets_.end() ? std::nullopt : std::optional(found->second.settings);
}

std::map<std::string, BucketSettings, std::less<>> Store::buckets() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, BucketSettings, std::less<>> result;
  for (const auto& [name, bucket] : buckets_) result.emplace(name, bucket.settings);
  return result;
}

void Store::set_versioning(std::string_view bucket, Versioning versioning) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found != buckets_.end()) found->second.settings.versioning = versioning;
}

void Store::set_encryption(std::string_view bucket, Encryption encryption) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found != buckets_.end()) found->second.settings.encryption = std::move(encryption);
}

Store::Bucket& Store::require_bucket(std::string_view bucket, std::string_view key) {
  const auto found = buckets_.find(bucket);
  if (found != buckets_.end()) return found->second;
  throw base::Error(base::Kind::refused,
                    fmt::format("put {} to bucket {}: there is no such bucket", key, bucket));
}

ObjectVersion Store::put(std::string_view bucket, ObjectVersion object, std::string_view bytes) {
  BlobWriter writer(folder_);
  writer.write(bytes);
  object.blobs = {writer.finish()};
  if (object.etag.empty()) object.etag = text::hex(crypto::md5(bytes));
  return *put_if({}, bucket, std::move(object));
}

std::optional<ObjectVersion> Store::put_if(const Precondition& precondition,
                                           std::string_view bucket, ObjectVersion object) {
  object.modified = clock_.now();
  object.delete_marker = false;
  Versions replaced;  // its files go outside the lock
  const std::lock_guard lock(mutex_);
  auto& holder = require_bucket(bucket, object.key);
  object.version = version_for(holder.settings.versioning);
  auto& versions = holder.keys[object.key];
  const bool exists = !versions.empty() && !versions.back().delete_marker;
  if (!holds(precondition, exists ? &versions.back() : nullptr)) return std::nullopt;
  if (object.version == null_version) {
    const auto kept =
        std::stable_partition(versions.begin(), versions.end(), std::not_fn(is_null_version));
    replaced.assign(std::make_move_iterator(kept), std::make_move_iterator(versions.end()));
    versions.erase(kept, versions.end());
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
  const auto found = std::find_if(versions->begin(), versions->end(), version_named(version));
  return found == versions->end() ? std::nullopt : std::optional(*found);
}

std::optional<ObjectVersion> Store::find(std::string_view bucket, std::string_view key,
                                         std::string_view version) const {
  auto entry = find_entry(bucket, key, version);
  return entry && !entry->delete_marker ? entry : std::nullopt;
}

bool Store::set_tags(std::string_view bucket, std::string_view key, std::string_view version,
                     Pairs tags) {
  const std::lock_guard lock(mutex_);
  if (find_versions(bucket, key) == nullptr) return false;
  auto& versions = buckets_.find(bucket)->second.keys.find(key)->second;
  const auto found = version.empty()
                         ? std::prev(versions.end())
                         : std::find_if(versions.begin(), versions.end(), version_named(version));
  if (found == versions.end() || found->delete_marker) return false;
  found->tags = std::move(tags);
  return true;
}

Removal Store::remove(std::string_view bucket, std::string_view key, std::string_view version) {
  const std::lock_guard lock(mutex_);
  const auto holder = buckets_.find(bucket);
  if (holder == buckets_.end()) return {};
  auto& keys = holder->second.keys;
  const auto versioning = holder->second.settings.versioning;
  if (version.empty() && versioning != Versioning::never) {
    ObjectVersion marker{.key = std::string(key), .version = version_for(versioning)};
    marker.modified = clock_.now();
    marker.delete_marker = true;
    auto& versions = keys[marker.key];
    if (marker.version == null_version) std::erase_if(versions, version_named(null_version));
    versions.push_back(marker);
    return {.version = marker.version, .delete_marker = true};
  }
  const auto wanted = version.empty() ? null_version : version;
  Removal removal{.version = std::string(version)};
  const auto versions = keys.find(key);
  if (versions == keys.end()) return removal;
  const auto found =
      std::find_if(versions->second.begin(), versions->second.end(), version_named(wanted));
  if (found == versions->second.end()) return removal;
  removal.delete_marker = found->delete_marker;
  versions->second.erase(found);
  return removal;
}

std::vector<ObjectVersion> Store::list(std::string_view bucket, std::string_view prefix) const {
  auto result = list_versions(bucket, prefix);
  std::erase_if(result,
                [](const ObjectVersion& each) { return !each.newest || each.delete_marker; });
  return result;
}

std::vector<ObjectVersion> Store::list_versions(std::string_view bucket,
                                                std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectVersion> result;
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return result;
  const auto& keys = found->second.keys;
  for (auto key = keys.lower_bound(prefix); key != keys.end() && key->first.starts_with(prefix);
       ++key) {
    const auto first = result.size();
    result.insert(result.end(), key->second.rbegin(), key->second.rend());
    if (first < result.size()) result[first].newest = true;
  }
  return result;
}

bool Store::begin_conditional_write(std::string_view bucket, std::string_view key) {
  const std::lock_guard lock(mutex_);
  return conditional_writes_.emplace(bucket, key).second;
}

void Store::end_conditional_write(std::string_view bucket, std::string_view key) {
  const std::lock_guard lock(mutex_);
  conditional_writes_.erase({std::string(bucket), std::string(key)});
}

}  // namespace sandbox::s3
