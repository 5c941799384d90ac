// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "file/unique_fd.hpp"

namespace file {

// A new file that is being written; removed on destruction unless it was renamed. Failures, a full
// disk among them, name the path (environment).
class NewFile {
 public:
  explicit NewFile(std::filesystem::path path);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void write(std::span<const std::byte> bytes);
  void overwrite(std::uint64_t offset, std::span<const std::byte> bytes);  // of what is written
  void rename_to(const std::filesystem::path& path);                       // after fsync

  // For reading what has been written; valid as long as this object.
  const UniqueFd& descriptor() const { return fd_; }
  std::uint64_t size() const { return size_; }

 private:
  std::filesystem::path path_;
  std::string what_;  // for messages
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  bool pending_ = true;
};

}  // namespace file
