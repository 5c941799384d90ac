// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/ignore.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "dockerfile/tree.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

using dockerfile::parse_ignore_file;
using dockerfile::PathPatterns;

std::vector<std::string> context_files(const std::filesystem::path& root,
                                       const std::string& ignore) {
  file::write_atomically(root / ".dockerignore", ignore);
  const auto patterns = dockerfile::read_ignore_patterns(root / "Dockerfile", root);
  std::vector<std::string> files;
  for (const auto& [path, entry] : dockerfile::read_context(root, patterns)) {
    if (entry.header.kind == archives::TarKind::regular) files.push_back(path);
  }
  return files;
}

}  // namespace

TEST_CASE("an ignore file loses comments, spaces and leading slashes") {
  CHECK(
      parse_ignore_file("\xef\xbb\xbf# comment\n  # pattern\n\n /a/b/ \n! /c\n./d/../e\r\n/\n!x") ==
      std::vector<std::string>{"# pattern", "a/b", "!c", "e", "/", "!x"});
}

TEST_CASE("the last pattern that matches a path or a folder of it decides") {
  struct Case {
    std::vector<std::string> patterns;
    std::string path;
    bool ignored;
  };
  using P = std::vector<std::string>;
  for (const Case& c : {
           Case{P{"target"}, "target", true},
           Case{P{"target"}, "target/a/b.class", true},
           Case{P{"target"}, "sub/target", false},
           Case{P{"**/target"}, "sub/target/x", true},
           Case{P{"*.md", "!README.md"}, "README.md", false},
           Case{P{"*.md", "!README.md"}, "NEWS.md", true},
           Case{P{"!README.md", "*.md"}, "README.md", true},
           Case{P{"*", "!target/*.jar"}, "target/app.jar", false},
           Case{P{"*", "!target/*.jar"}, "target/classes/X.class", true},
           Case{P{"docs", "!docs/README.md", "docs/README*"}, "docs/README.md", true},
           Case{P{"a/b", "!a"}, "a/b", true},
           Case{P{"a", "!a/b"}, "a/b/c", false},
           Case{P{"*/temp*"}, "x/temporary", true},
           Case{P{"*/*/temp*"}, "x/temporary", false},
           Case{P{"temp?"}, "tempa", true},
           Case{P{"a//b/../c"}, "a/c", true},
           Case{P{}, "a", false},
       }) {
    CAPTURE(c.path);
    CHECK(PathPatterns(c.patterns).matches(c.path) == c.ignored);
  }
}

TEST_CASE("malformed patterns are refused") {
  CHECK(support::error_of([] { PathPatterns({"[a"}); }).message() ==
        "\"[a\" is no pattern of paths");
  CHECK_THROWS_AS(PathPatterns({"!"}), base::Error);
}

TEST_CASE("the context is what the ignore file leaves, files brought back included") {
  const file::TempDir folder("ignore");
  for (const char* path : {"target/app.jar", "target/classes/X.class", "src/A.java", "README.md"}) {
    file::write_atomically(folder.path() / path, "x");
  }
  CHECK(context_files(folder.path(), "target\n.*\n") ==
        std::vector<std::string>{"README.md", "src/A.java"});
  CHECK(context_files(folder.path(), "*\n!target/*.jar\n") ==
        std::vector<std::string>{"target/app.jar"});
}

TEST_CASE("a Dockerfile's own ignore file goes before the context's") {
  const file::TempDir folder("ignore");
  file::write_atomically(folder.path() / ".dockerignore", "a\n");
  file::write_atomically(folder.path() / "Dockerfile.dockerignore", "b\n");
  const auto patterns =
      dockerfile::read_ignore_patterns(folder.path() / "Dockerfile", folder.path());
  CHECK_FALSE(patterns.matches("a"));
  CHECK(patterns.matches("b"));
  CHECK(dockerfile::read_ignore_patterns(folder.path() / "Other", folder.path()).matches("a"));
}
