// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace file {

enum class EntryKind { regular, directory, symlink };

struct TreeEntry {
  std::string path;  // relative to the root, "/"-separated, no "." or ".."
  EntryKind kind{};
  std::uint64_t size = 0;     // regular files only
  bool executable = false;    // by its owner
  std::string link_target{};  // symlinks only, as stored
};

// Everything below root, sorted bytewise by path, links not followed. Sockets, devices and FIFOs
// are refused (integrity), as are more than `most` entries.
std::vector<TreeEntry> tree(const std::filesystem::path& root, std::size_t most = 100'000);

enum class Visit {
  take,  // into the answer, and for a folder go on below it
  pass,  // not into the answer, but for a folder go on below it
  skip   // not into the answer, and nothing below it
};
using Visitor = std::function<Visit(const std::string& path, EntryKind kind)>;

// The part of the tree that the visitor takes. What it does not take may be of any kind, and does
// not count.
std::vector<TreeEntry> tree(const std::filesystem::path& root, const Visitor& visitor,
                            std::size_t most = 100'000);

}  // namespace file
