// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "timing/clock.hpp"

namespace sandbox::s3 {

struct ObjectVersion {
  std::string key{};
  std::string version{};
  std::string
      etag{};  // without quotes: MD5 of a single PUT, md5(part md5s)-N of a multipart upload
  std::uint64_t size = 0;
  std::string content_type{};
  std::map<std::string, std::string> headers{};  // x-amz-meta-*, x-amz-checksum-*, as given
  timing::SystemTime modified{};
  std::filesystem::path file{};  // its bytes
  bool delete_marker = false;    // stands for "deleted here"; has no bytes
};

// What must hold of the newest version for a write to happen; looked at and acted on as one step.
struct Precondition {
  bool absent = false;  // If-None-Match: *
  std::string etag{};   // If-Match; empty: none asked
};

struct Removal {
  std::string version{};       // of what was removed, or of the delete marker that was added
  bool delete_marker = false;  // that version is a marker
};

// Versioned buckets on disk: <folder>/<bucket>/<version>. The index is in memory and ends with the
// process. Thread-safe.
class Store {
 public:
  Store(std::filesystem::path folder, const timing::Clock& clock);

  void create_bucket(std::string_view bucket);
  bool has_bucket(std::string_view bucket) const;
  std::map<std::string, timing::SystemTime, std::less<>> buckets() const;  // and when each was made

  // Stores a new version; `bytes` is the whole object. The ETag is computed unless given. Throws
  // refused when there is no such bucket.
  ObjectVersion put(std::string_view bucket, ObjectVersion object, std::string_view bytes);

  // The same; absent when the precondition does not hold.
  std::optional<ObjectVersion> put_if(const Precondition& precondition, std::string_view bucket,
                                      ObjectVersion object, std::string_view bytes);

  // The newest version, or the named one; absent when there is none (or it was deleted).
  std::optional<ObjectVersion> find(std::string_view bucket, std::string_view key,
                                    std::string_view version = {}) const;

  // The same with delete markers shown.
  std::optional<ObjectVersion> find_entry(std::string_view bucket, std::string_view key,
                                          std::string_view version = {}) const;

  // Adds a delete marker, or removes the named version for good.
  Removal remove(std::string_view bucket, std::string_view key, std::string_view version = {});

  // The newest versions whose keys begin with prefix, sorted by key.
  std::vector<ObjectVersion> list(std::string_view bucket, std::string_view prefix) const;

  const std::filesystem::path& folder() const { return folder_; }
  const timing::Clock& clock() const { return clock_; }

 private:
  using Versions = std::vector<ObjectVersion>;  // oldest first
  struct Bucket {
    timing::SystemTime created{};
    std::map<std::string, Versions, std::less<>> keys{};
  };
  const Versions* find_versions(std::string_view bucket, std::string_view key) const;

  std::filesystem::path folder_;
  const timing::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

// 3 to 63 of [a-z0-9.-], a letter or digit at both ends.
bool is_bucket_name(std::string_view name);

}  // namespace sandbox::s3
