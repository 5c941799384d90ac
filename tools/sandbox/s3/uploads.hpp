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

#include "sandbox/s3/store.hpp"
#include "sandbox/server/http_message.hpp"
#include "timing/clock.hpp"

namespace sandbox::s3 {

struct Part {
  int number = 0;
  std::string etag{};  // without quotes
  std::uint64_t size = 0;
  Pairs checksums{};  // x-amz-checksum-*, verified
  timing::SystemTime modified{};
  std::filesystem::path file{};
};

struct Upload {
  std::string id{};
  std::string bucket{};
  ObjectVersion object{};            // key, type and headers of what is to become of it
  std::string checksum_algorithm{};  // lower case; empty: none asked
  std::string checksum_type{};       // COMPOSITE | FULL_OBJECT
  timing::SystemTime initiated{};
  std::map<int, Part> parts{};
};

// Multipart uploads under way; their parts are files in <store>/.uploads/<id>. Thread-safe.
class Uploads {
 public:
  explicit Uploads(const Store& store);

  std::string begin(Upload upload);
  std::optional<Upload> find(std::string_view bucket, std::string_view key,
                             std::string_view id) const;

  // Replaces a part of the same number. False when the upload is gone by now.
  bool put(std::string_view id, Part part, std::string_view bytes);

  // Forgets the upload and removes its parts; nothing happens when it is gone.
  void end(std::string_view id);

  std::vector<Upload> list(std::string_view bucket, std::string_view prefix) const;

 private:
  std::filesystem::path folder_;
  const timing::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Upload, std::less<>> uploads_;
};

}  // namespace sandbox::s3
