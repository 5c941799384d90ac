// SPDX-License-Identifier: Apache-2.0
//
// Patterns as gitignore(5) has them.
//
//   *       any characters but "/"          ?    one character but "/"
//   [a-z]   one of these, [!a-z] none       \x   the character x itself
//   **/     in any folder or none           /**  everything below        a/**/b  folders between
//
// A pattern without "/" (a final one does not count) matches a name in any folder; with one it
// counts from the root. A final "/" makes it match folders only.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace s3_upload_bundle {

class Glob {
 public:
  // "!" and "#" have no meaning here. Throws usage for a pattern that can match nothing: an empty
  // one, or a "[" without its end.
  explicit Glob(std::string_view pattern);

  // `path` is relative to the root, "/"-separated. Takes time in the product of both lengths, so a
  // pattern from a pull request cannot hang a build.
  bool matches(std::string_view path, bool is_folder) const;

  // The same for the path or one of the folders that it is in.
  bool covers(std::string_view path, bool is_folder) const;

  const std::string& text() const { return text_; }

 private:
  enum class Kind { character, one, some, folders, everything, set };
  struct Token {
    Kind kind = Kind::character;
    unsigned char character = 0;
    std::bitset<256> set{};
  };
  void take_stars(std::string_view& rest);
  bool take_set(std::string_view& rest);
  bool matches_text(std::string_view text) const;

  std::string text_;
  std::vector<Token> tokens_;
  bool folders_only_ = false;
  bool anchored_ = false;
};

}  // namespace s3_upload_bundle
