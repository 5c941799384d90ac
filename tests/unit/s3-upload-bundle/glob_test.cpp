// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/glob.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "support/error_of.hpp"

using s3_upload_bundle::Glob;

TEST_CASE("a pattern matches what gitignore says it matches") {
  struct Case {
    std::string_view pattern;
    std::string_view path;
    bool is_folder;
    bool matches;
  };
  const std::vector<Case> cases{
      // A name alone matches in any folder.
      {"a.log", "a.log", false, true},
      {"a.log", "x/y/a.log", false, true},
      {"a.log", "x/ba.log", false, false},
      {"*.log", "x/y/b.log", false, true},
      {"*.log", "x.log/y", false, false},
      {"*", "x/y", false, true},
      {"a?c", "abc", false, true},
      {"a?c", "ac", false, false},
      {"a?c", "a/c", false, false},
      // A "/" inside or in front anchors it at the root.
      {"/a", "a", false, true},
      {"/a", "x/a", false, false},
      {"x/a", "x/a", false, true},
      {"x/a", "y/x/a", false, false},
      {"x/*", "x/a", false, true},
      {"x/*", "x/a/b", false, false},
      {"x/*.sh", "x/.sh", false, true},
      // A "/" at the end means folders.
      {"target/", "target", true, true},
      {"target/", "x/target", true, true},
      {"target/", "target", false, false},
      {"/target/", "x/target", true, false},
      // "**" as a whole component.
      {"**/a", "a", false, true},
      {"**/a", "x/y/a", false, true},
      {"**/a", "ba", false, false},
      {"**/x/a", "z/x/a", false, true},
      {"x/**", "x/a/b", false, true},
      {"x/**", "x", true, false},
      {"x/**/a", "x/a", false, true},
      {"x/**/a", "x/y/z/a", false, true},
      {"x/**/a", "x/ya", false, false},
      {"**", "x/y", false, true},
      {"x/**/**/a", "x/a", false, true},
      // "**" elsewhere is "*".
      {"x**a", "xya", false, true},
      {"/x**a", "x/a", false, false},
      {"x/y**", "x/yz", false, true},
      {"x/y**", "x/y/z", false, false},
      // Sets.
      {"[ab]", "a", false, true},
      {"[ab]", "c", false, false},
      {"[!ab]", "c", false, true},
      {"[^ab]", "a", false, false},
      {"[a-c]x", "bx", false, true},
      {"[a-c]x", "dx", false, false},
      {"[]]", "]", false, true},
      {"[a-]", "-", false, true},
      {"[\\]]", "]", false, true},
      {"[[:digit:]].txt", "7.txt", false, true},
      {"[[:digit:]].txt", "x.txt", false, false},
      {"x[!a]y", "x/y", false, false},
      // A backslash takes the meaning away.
      {"\\*", "*", false, true},
      {"\\*", "a", false, false},
      {"\\[a]", "[a]", false, true},
      {"caf\xc3\xa9*", "caf\xc3\xa9.txt", false, true},
  };
  for (const auto& each : cases) {
    CAPTURE(each.pattern);
    CAPTURE(each.path);
    CHECK(Glob(each.pattern).matches(each.path, each.is_folder) == each.matches);
  }
}

TEST_CASE("a pattern covers what is below a folder that it matches") {
  CHECK(Glob("target/").covers("target/a/b", false));
  CHECK(Glob("target").covers("x/target/b", false));
  CHECK_FALSE(Glob("/target").covers("x/target/b", false));
  CHECK_FALSE(Glob("b/").covers("a/b", false));
}

TEST_CASE("a pattern that can match nothing is a wrong call") {
  for (const auto* pattern : {"", "/", "[a", "[", "a[", "a\\", "[!]", "[a-\\"}) {
    CAPTURE(pattern);
    CHECK(support::error_of([&] { Glob glob(pattern); }).kind() == base::Kind::usage);
  }
}

TEST_CASE("a pattern of many stars takes no time to fail") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  CHECK_FALSE(Glob(pattern + "b").matches(std::string(5'000, 'a'), false));
}
