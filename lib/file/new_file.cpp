// SPDX-License-Identifier: Apache-2.0
#include "file/new_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.hpp"

namespace file {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw base::from_errno(fmt::format("write {}", path.string()), error,
                         full ? "free disk space there and run again" : "");
}

}  // namespace

NewFile::NewFile(std::filesystem::path path)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)) {
  if (!fd_) {
    pending_ = false;
    fail(path_, errno);
  }
}

NewFile::~NewFile() {
  if (pending_) ::unlink(path_.c_str());
}

void NewFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd_.get(), bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      fail(path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    size_ += static_cast<std::size_t>(count);
  }
}

void NewFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail(path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void NewFile::rename_to(const std::filesystem::path& path) {
  if (::fsync(fd_.get()) != 0 || std::rename(path_.c_str(), path.c_str()) != 0) fail(path, errno);
  pending_ = false;
}

}  // namespace file
