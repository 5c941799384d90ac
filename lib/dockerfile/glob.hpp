// SPDX-License-Identifier: Apache-2.0
//
// The two pattern languages of a build: Go's filepath.Match for sources of COPY and ADD, and that
// of moby/patternmatcher, which adds "**", for .dockerignore, --exclude and --parents.
//
// A pattern is a list of tokens that is run over the set of positions reached so far, so the time
// is bounded by pattern × name whatever the pattern is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockerfile {

enum class GlobDialect {
  go,     // "*" and "?" stop at "/"
  moby,   // the same, and "**" crosses folders
  shell,  // "*" and "?" match anything, no classes: the patterns in ${name#pattern}
};

class Glob {
 public:
  bool matches(std::string_view name) const;

  // Ends of the matches that begin at the start of `name`, ascending.
  std::vector<std::size_t> prefix_ends(std::string_view name) const;

 private:
  friend std::optional<Glob> find_glob(std::string_view pattern, GlobDialect dialect);
  enum class Kind : std::uint8_t { literal, one, star, folders, everything, one_of };
  struct Range {
    char32_t low;
    char32_t high;
  };
  struct Token {
    Kind kind = Kind::literal;
    char32_t rune = 0;
    bool negated = false;
    std::vector<Range> ranges{};
  };
  bool accepts(const Token& token, char32_t rune) const;
  void step(const Token& token, std::string_view name, std::vector<bool>& reached) const;

  std::vector<Token> tokens_{};
  std::string suffix_{};  // moby: "**x" without other wildcards matches every name that ends in x
  bool by_suffix_ = false;
  bool crosses_ = false;  // "*" and "?" match "/" too
};

// Absent for a malformed pattern: an open class, a class without a character, a trailing "\".
std::optional<Glob> find_glob(std::string_view pattern, GlobDialect dialect);

bool has_wildcards(std::string_view path);

// Go's path.Clean: no "." and empty components, ".." resolved where it can be, "." for nothing.
std::string clean_path(std::string_view path);

}  // namespace dockerfile
