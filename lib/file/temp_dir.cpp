// SPDX-License-Identifier: Apache-2.0
#include "file/temp_dir.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "file/file.hpp"

namespace file {

TempDir::TempDir(std::string_view purpose, const std::filesystem::path& parent) {
  const auto folder = parent.empty() ? std::filesystem::temp_directory_path() : parent;
  make_directories(folder);
  std::string name = (folder / fmt::format("{}.XXXXXX", purpose)).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw base::from_errno(fmt::format("make a temporary folder in {}", folder.string()), errno);
  }
  path_ = name;
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace file
