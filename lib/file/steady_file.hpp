// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include "file/file.hpp"
#include "file/unique_fd.hpp"

namespace file {

// A regular file that must stay as it is while it is read: what goes into an archive is one state
// of it or nothing.
class SteadyFile {
 public:
  // Throws environment when it cannot be read, integrity when the last component is a link (it was
  // none when the folder was listed) or no regular file.
  explicit SteadyFile(std::filesystem::path path);

  std::uint64_t size() const { return begun_.size; }

  // All bytes in order, in pieces. Throws integrity when the file was changed since it was opened.
  void read(const std::function<void(std::span<const std::byte>)>& sink) const;

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  Snapshot begun_;
};

}  // namespace file
