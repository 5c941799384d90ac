// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/s3/store.hpp"
#include "sandbox/server/http_message.hpp"
#include "timing/clock.hpp"

namespace sandbox::s3 {

struct Part {
  int number = 0;
  std::string etag{};  // without quotes
  Pairs checksums{};   // x-amz-checksum-*, verified
  timing::SystemTime modified{};
  std::shared_ptr<const Blob> blob{};

  std::uint64_t size() const { return blob->size(); }
};

using Parts = std::map<int, Part>;

struct Upload {
  std::string id{};
  std::string bucket{};
  ObjectVersion object{};            // key, type and headers of what is to become of it
  std::string checksum_algorithm{};  // lower case; empty: none asked
  std::string checksum_type{};       // COMPOSITE | FULL_OBJECT
  timing::SystemTime initiated{};
};

// Multipart uploads under way. Thread-safe.
class Uploads {
 public:
  explicit Uploads(const Store& store) : clock_(store.clock()) {}

  std::string begin(Upload upload);
  std::optional<Upload> find(std::string_view bucket, std::string_view key,
                             std::string_view id) const;
  Parts parts(std::string_view id) const;  // none when the upload is gone

  // Replaces a part of the same number. False when the upload is gone by now.
  bool put(std::string_view id, Part part);

  // Forgets the upload and its parts. False when it is gone already.
  bool end(std::string_view id);

  // Sorted by key, then by age.
  std::vector<Upload> list(std::string_view bucket, std::string_view prefix) const;

 private:
  struct Entry {
    Upload upload;
    Parts parts{};
  };
  const timing::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> uploads_;
};

}  // namespace sandbox::s3
