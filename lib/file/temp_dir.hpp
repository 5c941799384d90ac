// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace file {

// A new private folder (0700), removed with all it holds on destruction. It is made in `parent`,
// or in the system's folder for temporary files when parent is empty.
class TempDir {
 public:
  explicit TempDir(std::string_view purpose, const std::filesystem::path& parent = {});
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace file
