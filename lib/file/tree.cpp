// SPDX-License-Identifier: Apache-2.0
#include "file/tree.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace file {
namespace {

namespace fs = std::filesystem;

// The path's part below the root; lexically_relative() costs more than reading the folder.
std::string below(const std::string& path, std::size_t root_length) {
  return path.substr(std::min(root_length, path.size()));
}

TreeEntry entry_of(const fs::directory_entry& found, std::string path) {
  TreeEntry entry{.path = std::move(path)};
  const auto status = found.symlink_status();
  switch (status.type()) {
    case fs::file_type::regular:
      entry.kind = EntryKind::regular;
      entry.size = found.file_size();
      entry.executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      return entry;
    case fs::file_type::directory:
      entry.kind = EntryKind::directory;
      return entry;
    case fs::file_type::symlink:
      entry.kind = EntryKind::symlink;
      entry.link_target = fs::read_symlink(found.path()).string();
      return entry;
    default:
      throw base::Error(base::Kind::integrity, fmt::format("read {}: neither file, folder nor link",
                                                           found.path().string()));
  }
}

EntryKind kind_of(const fs::directory_entry& found) {
  if (found.is_symlink()) return EntryKind::symlink;
  return found.is_directory() ? EntryKind::directory : EntryKind::regular;
}

}  // namespace

std::vector<TreeEntry> tree(const fs::path& root, std::size_t most) {
  return tree(
      root, [](const std::string&, EntryKind) { return Visit::take; }, most);
}

std::vector<TreeEntry> tree(const fs::path& root, const Visitor& visitor, std::size_t most) {
  std::vector<TreeEntry> entries;
  const std::size_t root_length = (root / "").native().size();
  try {
    fs::recursive_directory_iterator walk(root);
    for (const auto end = fs::recursive_directory_iterator(); walk != end; ++walk) {
      auto path = below(walk->path().native(), root_length);
      const auto visit = visitor(path, kind_of(*walk));
      if (visit == Visit::skip) walk.disable_recursion_pending();
      if (visit != Visit::take) continue;
      if (entries.size() == most) {
        throw base::Error(base::Kind::integrity,
                          fmt::format("read folder {}: more than {} entries", root.string(), most));
      }
      entries.push_back(entry_of(*walk, std::move(path)));
    }
  } catch (const fs::filesystem_error& error) {
    throw base::from_errno(fmt::format("read folder {}", root.string()), error.code().value());
  }
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  return entries;
}

}  // namespace file
