// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/blob.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"

namespace sandbox::s3 {
namespace {

file::UniqueFd create(const std::filesystem::path& path) {
  file::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) throw base::from_errno(fmt::format("make {}", path.string()), errno);
  return fd;
}

}  // namespace

Blob::Blob(std::filesystem::path path, std::uint64_t size) : path_(std::move(path)), size_(size) {}

Blob::~Blob() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::uint64_t size_of(const Blobs& blobs) {
  std::uint64_t total = 0;
  for (const auto& blob : blobs) total += blob->size();
  return total;
}

BlobWriter::BlobWriter(const std::filesystem::path& folder)
    : path_(folder / crypto::random_hex(12)), fd_(create(path_)) {}

BlobWriter::~BlobWriter() {
  if (!fd_) return;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void BlobWriter::write(std::span<const char> bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    const auto count = ::write(fd_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw base::from_errno(fmt::format("write {}", path_.string()), errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::shared_ptr<const Blob> BlobWriter::finish() {
  auto blob = std::make_shared<const Blob>(path_, size_);
  fd_.reset();
  return blob;
}

void copy_to(const Blobs& blobs, const std::filesystem::path& path) {
  const auto target = create(path);
  for (const auto& blob : blobs) {
    const auto source = file::open_for_reading(blob->path());
    for (auto left = blob->size(); left > 0;) {
      const auto count = ::copy_file_range(source.get(), nullptr, target.get(), nullptr, left, 0);
      if (count <= 0) {
        throw base::from_errno(fmt::format("copy {} to {}", blob->path().string(), path.string()),
                               errno);
      }
      left -= static_cast<std::uint64_t>(count);
    }
  }
}

}  // namespace sandbox::s3
