// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "file/unique_fd.hpp"

namespace file {

// A file without a name: gone when the process ends, however it ends. Failures, a full disk among
// them, name the folder (environment).
class ScratchFile {
 public:
  explicit ScratchFile(const std::filesystem::path& folder);

  void append(std::span<const std::byte> bytes);
  // Replaces bytes that are there already.
  void overwrite(std::uint64_t offset, std::span<const std::byte> bytes);

  const UniqueFd& descriptor() const { return fd_; }
  std::uint64_t size() const { return size_; }

 private:
  std::string what_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace file
