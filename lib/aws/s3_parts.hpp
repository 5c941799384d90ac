// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "aws/s3.hpp"
#include "aws/upload_content.hpp"

namespace aws {

// Adds up what several threads send. Thread-safe.
class Meter {
 public:
  explicit Meter(std::function<void(std::uint64_t)> tell) : tell_(std::move(tell)) {}

  void add(std::uint64_t bytes) {
    const auto now = sent_.fetch_add(bytes) + bytes;
    if (tell_) tell_(now);
  }

  void restart() { sent_ = 0; }

  // The bytes of `body` from `offset` on; counts each once, also when it is sent again.
  http::Body counted(const http::Body& body, std::uint64_t offset, std::uint64_t size);

 private:
  std::atomic<std::uint64_t> sent_{0};
  std::function<void(std::uint64_t)> tell_;
};

// How content is cut, and the digests of its parts as they become known.
class Parts {
 public:
  Parts(const UploadContent& content, std::uint64_t part_size);

  int count() const { return static_cast<int>(digests_.size()); }
  std::uint64_t offset(int number) const;  // of part `number`, from 1
  std::uint64_t size(int number) const;
  std::uint64_t part_size() const { return part_size_; }
  const UploadContent& content() const { return *content_; }

  // All digests; reads what is not known.
  std::vector<PartDigest> known();

  // Reads the part unless its digest is known. One thread at a time per part.
  const PartDigest& digest(int number, bool with_sha256);

  // Of the whole; reads what is not known.
  std::uint64_t crc64nvme();

 private:
  const UploadContent* content_;
  std::uint64_t part_size_;
  std::vector<std::optional<PartDigest>> digests_;
};

// Is what the service has this part of ours? Sizes and checksums must agree; a part without any
// checksum is not ours for certain.
bool is_ours(const StoredPart& stored, Parts& parts);

struct PartsJob {
  S3* s3 = nullptr;
  MultipartUpload upload{};
  std::vector<StoredPart> kept{};  // these need not be sent
  int parallel = 8;
};

// Sends all parts but the kept ones, `parallel` at once; all of them by number. The first refusal
// ends it and is the value, else the first error is thrown. No thread is left behind.
Answer<std::vector<StoredPart>> send_parts(const PartsJob& job, Parts& parts, Meter& meter);

}  // namespace aws
