// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "appspec/linter.hpp"
#include "file/tree.hpp"
#include "s3-upload-bundle/selection.hpp"

namespace s3_upload_bundle {

// What is, or will be, in the archive under `path`.
struct Entry {
  std::string path{};  // "scripts/start.sh"
  file::EntryKind kind = file::EntryKind::regular;
  unsigned mode = 0644;  // as unpacked
  std::uint64_t size = 0;
  std::string link_target{};     // of a symlink
  std::string content{};         // of a file that is on no disk
  std::filesystem::path file{};  // where else the content is; empty in a ready archive
  std::string stored_as{};       // its name in a ready archive
};

struct Bundle {
  std::vector<Entry> entries;  // by path
  // All bytes of a regular file; integrity when there are more than `cap`.
  std::function<std::string(const Entry& entry, std::uint64_t cap)> read;
  std::uint64_t size = 0;                    // of all files, unpacked
  std::vector<std::string> left_out{};       // version control and litter
  std::size_t ignored = 0;                   // by ignore file and --exclude
  std::vector<appspec::Finding> findings{};  // what reading it brought up: links that lead out

  const Entry* find(std::string_view path) const;  // null pointer when absent
};

enum class Symlinks {
  keep,
  follow  // what a link leads to takes its place
};

struct FolderOptions {
  std::filesystem::path source{};
  // Patterns of what to leave out; not packed itself. Empty: .bundleignore in the source if there.
  std::filesystem::path ignore_file{};
  std::vector<Filter> filters{};
  Symlinks symlinks = Symlinks::keep;
};

// The folder's files, and release.env with this content. Throws usage when there is no such folder
// or ignore file, integrity for a release.env in the folder, for what is neither file, folder nor
// link, and for more than 1 TiB.
Bundle read_folder(const FolderOptions& options, std::string release_env);

// Links whose target is not in the bundle's tree, through whatever links the way leads (rule B01).
std::vector<appspec::Finding> links_out(const Bundle& bundle);

}  // namespace s3_upload_bundle
