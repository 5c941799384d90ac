// SPDX-License-Identifier: Apache-2.0
//
// .dockerignore: which files of a folder are no part of the build context.
//
// The last pattern that matches a path or one of its folders decides; "!" brings a path back, even
// out of an ignored folder. The rules are those of moby/patternmatcher, not of .gitignore: a
// pattern without "/" matches only at the top.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/glob.hpp"

namespace dockerfile {

class PathPatterns {
 public:
  PathPatterns() = default;
  // Each is cleaned; throws refused for a malformed one.
  explicit PathPatterns(const std::vector<std::string>& patterns);

  // What the patterns said of the folders above a path; of the top it is empty.
  using Memory = std::vector<bool>;

  // Is the path, whose folder left `above` behind, matched? `below` is the memory for its content.
  bool matches(std::string_view path, const Memory& above, Memory& below) const;

  // The same for a path on its own, its folders included.
  bool matches(std::string_view path) const;

  bool empty() const { return patterns_.empty(); }
  // True when some path below a matched folder may be brought back.
  bool has_exceptions() const { return has_exceptions_; }

 private:
  struct Pattern {
    Glob glob;
    bool exception = false;
  };
  std::vector<Pattern> patterns_;
  bool has_exceptions_ = false;
};

// The patterns of an ignore file: comments, spaces and leading "/" gone.
std::vector<std::string> parse_ignore_file(std::string_view text);

// The patterns that hold for this Dockerfile: of <Dockerfile>.dockerignore beside it, else of
// .dockerignore in the context; none when neither is there.
PathPatterns read_ignore_patterns(const std::filesystem::path& dockerfile,
                                  const std::filesystem::path& context);

}  // namespace dockerfile
