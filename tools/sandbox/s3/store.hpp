// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/s3/blob.hpp"
#include "sandbox/s3/encryption.hpp"
#include "sandbox/server/http_message.hpp"
#include "timing/clock.hpp"

namespace sandbox::s3 {

// The version id of what a bucket without versioning, or with versioning suspended, holds.
inline constexpr std::string_view null_version = "null";

struct ObjectVersion {
  std::string key{};
  std::string version{};
  std::string
      etag{};  // without quotes; MD5 of a single PUT, md5(part md5s)-N of a multipart upload
  std::string content_type{};
  std::map<std::string, std::string> headers{};  // x-amz-meta-*, x-amz-checksum-*, as given
  std::string storage_class = "STANDARD";
  Encryption encryption{};
  Pairs tags{};
  timing::SystemTime modified{};
  Blobs blobs{};               // a multipart upload's parts, or the one of a single PUT
  bool delete_marker = false;  // stands for "deleted here"; has no bytes
  bool newest = false;         // of its key; set in answers

  std::uint64_t size() const { return size_of(blobs); }
  bool is_multipart() const { return etag.find('-') != std::string::npos; }
};

enum class Versioning { never, enabled, suspended };

struct BucketSettings {
  std::string region = "us-east-1";
  Versioning versioning = Versioning::enabled;
  Encryption encryption{};  // of objects that ask for none
  timing::SystemTime created{};
};

// What must hold of the newest version for a write to happen; looked at and acted on as one step.
struct Precondition {
  bool absent = false;  // If-None-Match: *
  std::string etag{};   // If-Match; empty: none asked
  bool any() const { return absent || !etag.empty(); }
};

struct Removal {
  std::string version{};       // of what was removed, or of the delete marker that was added
  bool delete_marker = false;  // that version is a marker
};

enum class BucketRemoval { done, absent, not_empty };

// Buckets whose index is in memory and ends with the process; the bytes are files in `folder`.
// Thread-safe.
class Store {
 public:
  Store(std::filesystem::path folder, const timing::Clock& clock);

  void create_bucket(std::string_view bucket, BucketSettings settings = {});
  BucketRemoval remove_bucket(std::string_view bucket);
  bool has_bucket(std::string_view bucket) const { return find_bucket(bucket).has_value(); }
  std::optional<BucketSettings> find_bucket(std::string_view bucket) const;
  std::map<std::string, BucketSettings, std::less<>> buckets() const;
  void set_versioning(std::string_view bucket, Versioning versioning);
  void set_encryption(std::string_view bucket, Encryption encryption);

  // Stores `bytes` as a new version, for set-up. The ETag is the MD5 unless given. Throws refused
  // when there is no such bucket.
  ObjectVersion put(std::string_view bucket, ObjectVersion object, std::string_view bytes);

  // Stores a version whose bytes and ETag are there; absent when the precondition does not hold.
  std::optional<ObjectVersion> put_if(const Precondition& precondition, std::string_view bucket,
                                      ObjectVersion object);

  // The newest version, or the named one; absent when there is none (or it was deleted).
  std::optional<ObjectVersion> find(std::string_view bucket, std::string_view key,
                                    std::string_view version = {}) const;

  // The same with delete markers shown.
  std::optional<ObjectVersion> find_entry(std::string_view bucket, std::string_view key,
                                          std::string_view version = {}) const;

  // False when there is no such version.
  bool set_tags(std::string_view bucket, std::string_view key, std::string_view version,
                Pairs tags);

  // What a delete does in the bucket's state of versioning: a marker, or the object is gone. A
  // named version is removed for good.
  Removal remove(std::string_view bucket, std::string_view key, std::string_view version = {});

  // The newest versions whose keys begin with prefix, sorted by key.
  std::vector<ObjectVersion> list(std::string_view bucket, std::string_view prefix) const;

  // All versions and markers, sorted by key, the newest of a key first.
  std::vector<ObjectVersion> list_versions(std::string_view bucket, std::string_view prefix) const;

  // At most one conditional write of a key at a time: false while another is unfinished.
  bool begin_conditional_write(std::string_view bucket, std::string_view key);
  void end_conditional_write(std::string_view bucket, std::string_view key);

  const std::filesystem::path& folder() const { return folder_; }
  const timing::Clock& clock() const { return clock_; }

 private:
  using Versions = std::vector<ObjectVersion>;  // oldest first
  struct Bucket {
    BucketSettings settings{};
    std::map<std::string, Versions, std::less<>> keys{};
  };
  const Versions* find_versions(std::string_view bucket, std::string_view key) const;
  Bucket& require_bucket(std::string_view bucket, std::string_view key);

  std::filesystem::path folder_;
  const timing::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
  std::set<std::pair<std::string, std::string>> conditional_writes_;
};

// 3 to 63 of [a-z0-9.-], a letter or digit at both ends.
bool is_bucket_name(std::string_view name);

}  // namespace sandbox::s3
