// SPDX-License-Identifier: Apache-2.0
//
// Which files of a folder go into the bundle.
//
// The ignore file decides first, as git would: the last pattern that matches counts, "!" takes a
// file back, and nothing comes back below a folder that is left out. Then --include and --exclude
// in the order they were given: the last one that matches the file or one of its folders counts,
// and it beats the ignore file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3-upload-bundle/glob.hpp"

namespace s3_upload_bundle {

enum class Choice { include, exclude };

struct Filter {
  Choice choice = Choice::exclude;
  Glob glob;
};

class IgnoreFile {
 public:
  IgnoreFile() = default;
  // gitignore(5): comments, blank lines, "!", escapes, CRLF and a byte order mark are understood.
  // A pattern that can match nothing is passed over, as git does.
  explicit IgnoreFile(std::string_view text);

  bool ignores(std::string_view path, bool is_folder) const;

 private:
  struct Line {
    Glob glob;
    bool negated = false;
  };
  std::optional<bool> find_verdict(std::string_view path, bool is_folder) const;

  std::vector<Line> lines_;
};

class Selection {
 public:
  Selection() = default;
  Selection(IgnoreFile ignored, std::vector<Filter> filters)
      : ignored_(std::move(ignored)), filters_(std::move(filters)) {}

  bool takes(std::string_view path, bool is_folder) const;

  // False when nothing below this folder can be taken, so that nobody need look.
  bool may_take_below(std::string_view folder) const;

 private:
  IgnoreFile ignored_;
  std::vector<Filter> filters_;
};

// Version control and litter, which never belong into a bundle: .git, .svn, .hg, .DS_Store.
bool is_left_out(std::string_view path);

}  // namespace s3_upload_bundle
