// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "file/unique_fd.hpp"

namespace sandbox::s3 {

// Bytes of an object or of a part, in a file of their own, which goes with the last reference: a
// version that is replaced while somebody reads it is read to its end.
class Blob {
 public:
  Blob(std::filesystem::path path, std::uint64_t size);
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;
  ~Blob();

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

 private:
  std::filesystem::path path_;
  std::uint64_t size_;
};

// One after the other they are the object: a multipart upload's parts are never copied.
using Blobs = std::vector<std::shared_ptr<const Blob>>;

std::uint64_t size_of(const Blobs& blobs);

// A file that becomes a blob when it is complete and goes away otherwise. Nothing is synced: the
// store's index does not outlive the process either.
class BlobWriter {
 public:
  explicit BlobWriter(const std::filesystem::path& folder);
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;
  ~BlobWriter();

  void write(std::span<const char> bytes);
  std::shared_ptr<const Blob> finish();  // once

 private:
  std::filesystem::path path_;
  file::UniqueFd fd_;
  std::uint64_t size_ = 0;
};

// Writes the bytes to `path`, which must not exist, inside the kernel.
void copy_to(const Blobs& blobs, const std::filesystem::path& path);

}  // namespace sandbox::s3
