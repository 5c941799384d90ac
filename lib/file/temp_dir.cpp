// SPDX-License-Identifier: Apache-2.0
#include "file/temp_dir.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "file/file.hpp"

namespace file {
namespace {

std::filesystem::path scratch_folder() {
  std::error_code error;
  auto folder = std::filesystem::temp_directory_path(error);
  if (!error) return folder;
  throw base::Error(base::Kind::environment,
                    fmt::format("make a temporary folder: {}", error.message()),
                    "let TMPDIR name a folder that exists, or unset it");
}

}  // namespace

TempDir::TempDir(std::string_view purpose, const std::filesystem::path& parent) {
  const auto folder = parent.empty() ? scratch_folder() : parent;
  make_directories(folder);
  std::string name = (folder / fmt::format("{}.XXXXXX", purpose)).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw base::from_errno(fmt::format("make a temporary folder in {}", folder.string()), errno,
                           "let TMPDIR name a folder that can be written to");
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
