// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "appspec/linter.hpp"

namespace appspec {

// The files of an archive as they lie on the host once it is unpacked. Paths are relative to the
// folder that the agent takes for the root, and may hold "." and "..".
class BundleIndex {
 public:
  // `folder` is what the agent strips from all paths ("shop/"), mostly empty.
  BundleIndex(const BundleView& bundle, std::string folder);

  // Through links, as open() would; null pointer when there is none, it lies outside, or the links
  // go round.
  const BundleFile* find(std::string_view path) const;
  const BundleFile* find_regular(std::string_view path) const;
  bool is_directory(std::string_view path) const;
  bool is_link(std::string_view path) const;  // the path itself

  // Everything in a folder, at any depth, in order of the paths; links are not followed.
  std::vector<const BundleFile*> below(std::string_view folder) const;

  // The path that differs only in its case, or that lies in another folder with the same file name,
  // or that a slip may have meant; empty when there is none. `only_case` tells the first.
  struct Suggestion {
    std::string path{};
    bool only_case = false;
  };
  Suggestion suggest(std::string_view path) const;

  const std::map<std::string, BundleFile>& entries() const { return entries_; }
  const std::string& folder() const { return folder_; }

 private:
  std::map<std::string, BundleFile> entries_;  // with the folders that have no entry of their own
  std::string folder_;
};

// Like Ruby's File.expand_path for what lies in an archive: no "." and "..", no double "/". False
// in `inside` when ".." leads out.
struct PlainPath {
  std::string path{};
  bool inside = true;
};
PlainPath plain_path(std::string_view path);

std::string_view file_name_of(std::string_view path);

}  // namespace appspec
