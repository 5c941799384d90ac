// SPDX-License-Identifier: Apache-2.0
#include "build-jar/properties.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

TEST_CASE("properties read as java.util.Properties reads them") {
  struct Case {
    const char* text;
    const char* key;
    const char* value;
  };
  for (const auto& [text, key, value] : {
           Case{"a=b", "a", "b"},
           Case{"a = b ", "a", "b "},
           Case{"a:b", "a", "b"},
           Case{"a b", "a", "b"},
           Case{"a", "a", ""},
           Case{"  a=b\r\n", "a", "b"},
           Case{"#a=x\n!a=y\na=b\n", "a", "b"},
           Case{"a=1\na=2\n", "a", "2"},
           Case{"a=b\\\n   c", "a", "bc"},
           Case{"a=b\\\\\nc=d", "a", "b\\"},
           Case{"a\\=b=c", "a=b", "c"},
           Case{"a=\\u0041\\:\\tx", "a", "A:\tx"},
           Case{"git.commit.time=2026-01-01T00\\:00\\:00Z", "git.commit.time",
                "2026-01-01T00:00:00Z"},
       }) {
    CAPTURE(text);
    const auto found = build_jar::parse_properties(text);
    REQUIRE(found.count(key) == 1);
    CHECK(found.find(key)->second == value);
  }
}

TEST_CASE("an empty or cut properties file is no failure") {
  CHECK(build_jar::parse_properties("").empty());
  CHECK(build_jar::parse_properties("\n\n# only\n").empty());
  CHECK(build_jar::parse_properties("a=\\u12").find("a")->second == "u12");
  CHECK(build_jar::parse_properties("a=b\\").find("a")->second == "b");
}
