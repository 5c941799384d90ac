// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/glob.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using dockerfile::clean_path;
using dockerfile::find_glob;
using dockerfile::GlobDialect;

struct Case {
  std::string pattern;
  std::string name;
  bool matches;
};

}  // namespace

TEST_CASE("sources match as Go's filepath.Match does") {
  for (const Case& c : {
           Case{"*.jar", "app.jar", true},
           Case{"*.jar", "lib/app.jar", false},
           Case{"*", "", true},
           Case{"*", ".hidden", true},
           Case{"a*b*c", "axbxbxc", true},
           Case{"a*b*c", "axbxb", false},
           Case{"lib/*/x", "lib/a/x", true},
           Case{"lib/*/x", "lib/a/b/x", false},
           Case{"**/x", "a/x", true},
           Case{"**/x", "a/b/x", false},
           Case{"?", "\xc3\xa9", true},
           Case{"?", "/", false},
           Case{"[a-c]", "b", true},
           Case{"[a-c]", "d", false},
           Case{"[^a-c]", "d", true},
           Case{"[^a-c]", "b", false},
           Case{"[\\-x]", "-", true},
           Case{"[\\]a]", "]", true},
           Case{"arr[[]0]", "arr[0]", true},
           Case{"a\\*", "a*", true},
           Case{"a\\*", "ab", false},
           Case{"[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true},
           Case{"app-[0-9]*.jar", "app-1.2.jar", true},
       }) {
    CAPTURE(c.pattern);
    CAPTURE(c.name);
    const auto glob = find_glob(c.pattern, GlobDialect::go);
    REQUIRE(glob);
    CHECK(glob->matches(c.name) == c.matches);
  }
}

TEST_CASE("malformed patterns are none") {
  for (const char* pattern :
       {"[", "[a", "[a-", "[]a]", "[-]", "[x-]", "[^]", "a\\", "[\\", "[a-]x"}) {
    CAPTURE(pattern);
    CHECK_FALSE(find_glob(pattern, GlobDialect::go));
    CHECK_FALSE(find_glob(pattern, GlobDialect::moby));
  }
}

TEST_CASE("two stars cross folders in ignore patterns") {
  for (const Case& c : {
           Case{"**", "a/b/c", true},
           Case{"**/x", "x", true},
           Case{"**/x", "a/b/x", true},
           Case{"**/x", "a/xx", false},
           Case{"**x", "a/bx", true},
           Case{"a/**", "a/b/c", true},
           Case{"a/**", "a", false},
           Case{"a/**/z", "a/z", true},
           Case{"a/**/z", "a/b/c/z", true},
           Case{"a/**/z", "a/bz", false},
           Case{"**/*.class", "a/b/X.class", true},
           Case{"**/*.class", "X.class", true},
           Case{"a**/*.txt", "a/b/c.txt", true},
           Case{"**/foo/**", "a/foo/b", true},
           Case{"**/foo/**", "foo/b", true},
           Case{"a/**b", "a/x/b", true},
           Case{"*", "a/b", false},
           Case{"a.c", "abc", false},
           Case{"(x)+", "(x)+", true},
           Case{"file[ab].txt", "filea.txt", true},
       }) {
    CAPTURE(c.pattern);
    CAPTURE(c.name);
    const auto glob = find_glob(c.pattern, GlobDialect::moby);
    REQUIRE(glob);
    CHECK(glob->matches(c.name) == c.matches);
  }
}

TEST_CASE("a hostile pattern takes no more than pattern times name") {
  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "*a";
  CHECK_FALSE(find_glob(stars + "b", GlobDialect::go)->matches(std::string(2000, 'a')));
}

TEST_CASE("paths are cleaned as Go's path.Clean does") {
  for (const auto& [path, clean] : {std::pair{"", "."},
                                    {".", "."},
                                    {"./a//b/", "a/b"},
                                    {"a/../b", "b"},
                                    {"../a", "../a"},
                                    {"/../a", "/a"},
                                    {"/", "/"},
                                    {"a/..", "."},
                                    {"/a/./b/../c", "/a/c"}}) {
    CHECK(clean_path(path) == clean);
  }
}
