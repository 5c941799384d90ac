// SPDX-License-Identifier: Apache-2.0
#include "file/tree.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"

namespace file {
namespace {

namespace fs = std::filesystem;

TreeEntry entry_of(const fs::directory_entry& found, const fs::path& root) {
  TreeEntry entry;
  entry.path = found.path().lexically_relative(root).generic_string();
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
      throw base::Error(base::Kind::integrity,
                        fmt::format("read {}: neither file, folder nor link", found.path().string()));
  }
}

}  // namespace

std::vector<TreeEntry> tree(const fs::path& root, std::size_t most) {
  std::vector<TreeEntry> entries;
  try {
    for (const auto& found : fs::recursive_directory_iterator(root)) {
      if (entries.size() == most) {
        throw base::Error(base::Kind::integrity, fmt::format("read folder {}: more than {} entries",
                                                             root.string(), most));
      }
      entries.push_back(entry_of(found, root));
    }
  } catch (const fs::filesystem_error& error) {
    throw base::from_errno(fmt::format("read folder {}", root.string()), error.code().value());
  }
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  return entries;
}

}  // namespace file
