// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "file/unique_fd.hpp"

namespace file {

inline constexpr std::uint64_t default_cap = 16ULL << 20U;

// The whole file. Throws environment when it cannot be read, integrity when it is larger than cap.
std::string read(const std::filesystem::path& path, std::uint64_t cap = default_cap);

// The same, absent when there is no such file.
std::optional<std::string> find(const std::filesystem::path& path, std::uint64_t cap = default_cap);

// Readers see the old content or the new one: temp file in the same folder, fsync, rename, fsync of
// the folder. Parent folders are made. Nothing is left behind on failure.
void write_atomically(const std::filesystem::path& path, std::string_view content,
                      unsigned mode = 0644);

// The same without fsync, which waits for whatever else is being written to the disk: after a crash
// of the machine the file may be empty. For what readers check and can do without.
void write_atomically_unsynced(const std::filesystem::path& path, std::string_view content);

void make_directories(const std::filesystem::path& path);

// An exclusive lock on `path` (created when absent, never removed: a removed lock file would be
// locked twice). Released on destruction. Waits at most `seconds`, then throws conflict.
class Lock {
 public:
  explicit Lock(const std::filesystem::path& path, int seconds = 30);

 private:
  UniqueFd fd_;
};

// What identifies the bytes of a file between two looks at it.
struct Snapshot {
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const Snapshot&) const = default;
};

Snapshot snapshot(const UniqueFd& fd);

// A descriptor of a regular file for reading; throws environment naming the path, for pipes and
// devices too.
UniqueFd open_for_reading(const std::filesystem::path& path);

}  // namespace file
