// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archives/tar_writer.hpp"
#include "dockerfile/ignore.hpp"

namespace dockerfile {

// Where a regular file's bytes are: a range of a file, or a text of the Dockerfile itself.
struct Origin {
  std::filesystem::path file{};
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string text{};                  // when `file` is empty
  std::shared_ptr<const void> keep{};  // keeps a scratch file of unpacked members alive
};

// What an image's file system gets at one path.
struct Entry {
  archives::TarEntry header{};  // path without "/" at either end
  Origin origin{};
  // "app:app" as --chown or USER has it, when a name in it must be looked up in the stage's
  // /etc/passwd and /etc/group; the header's uid and gid then say nothing.
  std::string owner{};
  // A directory that is only made where the image has none: an existing one keeps its mode.
  bool if_absent = false;
  // Of an unpacked archive, whose members take the place of whatever is there; else a file does not
  // become a folder, nor a folder a file.
  bool replaces = false;
};

// Entries by path, each with all its folders.
using Tree = std::map<std::string, Entry, std::less<>>;

// The files of a build context. Modes are 0755 for folders and executables, else 0644. Sockets and
// devices are left out. Throws environment when the folder cannot be read, integrity beyond
// `most` entries.
Tree read_context(const std::filesystem::path& root, const PathPatterns& ignored,
                  std::size_t most = 500'000);

enum class NodeKind { absent, file, directory, symlink };

NodeKind kind_at(const Tree& tree, std::string_view path);  // "" is the root, always a directory

// Adds the folders above `path` that are missing, owned as `like` is. Throws refused when one of
// them is something else.
void add_parents(Tree& tree, std::string_view path, const Entry& like);

// Puts the entry at the path of its header. A file or link takes a folder's content away.
void put_over(Tree& tree, Entry entry);

// The path with symlinks followed, "/" and ".." ending at the tree's root; absent when nothing is
// there or links go in circles.
std::optional<std::string> find_resolved(const Tree& tree, std::string_view path);

// Paths of the entries below a folder, in order; "" is everything.
std::vector<std::string_view> paths_below(const Tree& tree, std::string_view folder);

}  // namespace dockerfile
