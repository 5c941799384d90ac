// SPDX-License-Identifier: Apache-2.0
#include "file/new_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "file/write_all.hpp"

namespace file {
NewFile::NewFile(std::filesystem::path path)
    : path_(std::move(path)),
      what_(fmt::format("write {}", path_.string())),
      fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)) {
  if (!fd_) {
    pending_ = false;
    fail_to_write(what_, errno);
  }
}

NewFile::~NewFile() {
  if (pending_) ::unlink(path_.c_str());
}

void NewFile::write(std::span<const std::byte> bytes) {
  write_all(fd_, size_, bytes, what_);
  size_ += bytes.size();
}

void NewFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  write_all(fd_, offset, bytes, what_);
}

void NewFile::rename_to(const std::filesystem::path& path) {
  if (::fsync(fd_.get()) != 0 || std::rename(path_.c_str(), path.c_str()) != 0) {
    fail_to_write(fmt::format("write {}", path.string()), errno);
  }
  pending_ = false;
}

}  // namespace file
