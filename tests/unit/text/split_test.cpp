// SPDX-License-Identifier: Apache-2.0
#include "text/split.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using Pieces = std::vector<std::string_view>;

TEST_CASE("a text is split at every separator, empty pieces included") {
  struct Case {
    std::string_view input;
    Pieces pieces;
  };
  const Case cases[] = {
      {"a,b,c", {"a", "b", "c"}}, {"", {""}},       {",", {"", ""}},
      {"a,,b", {"a", "", "b"}},   {"abc", {"abc"}}, {"a,", {"a", ""}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.input);
    CHECK(text::split(c.input, ',') == c.pieces);
  }
}

TEST_CASE("lines lose their ends, and the last one need not have one") {
  struct Case {
    std::string_view input;
    Pieces lines;
  };
  const Case cases[] = {
      {"a\nb\n", {"a", "b"}}, {"a\nb", {"a", "b"}},         {"a\r\nb\r\n", {"a", "b"}}, {"", {}},
      {"\n", {""}},           {"a\n\nb\n", {"a", "", "b"}}, {"a\rb\n", {"a\rb"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.input);
    CHECK(text::lines(c.input) == c.lines);
  }
}

TEST_CASE("a cut is made at the first separator, and is absent when there is none") {
  const auto parts = text::cut("name=value=more", "=");
  REQUIRE(parts);
  CHECK(parts->first == "name");
  CHECK(parts->second == "value=more");
  CHECK_FALSE(text::cut("name", "="));
  CHECK_FALSE(text::cut("", "="));
  CHECK(text::cut("a://b", "://")->second == "b");
}

TEST_CASE("trimming takes white space off both ends only") {
  CHECK(text::trim(" \t\r\n a b \f\v") == "a b");
  CHECK(text::trim("   ").empty());
  CHECK(text::trim("").empty());
  CHECK(text::trim("a") == "a");
}

TEST_CASE("joining puts the separator between pieces only") {
  CHECK(text::join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(text::join({"a"}, ", ") == "a");
  CHECK(text::join({}, ", ").empty());
}

TEST_CASE("letter case changes for ASCII only") {
  CHECK(text::lower("AZ-Ä\xC3\x84") == "az-Ä\xC3\x84");
  CHECK(text::upper("az-ä") == "AZ-ä");
  CHECK(text::equal_ignoring_case("Content-Type", "content-TYPE"));
  CHECK_FALSE(text::equal_ignoring_case("Content-Type", "content-typ"));
  CHECK_FALSE(text::equal_ignoring_case("@", "`"));
}

TEST_CASE("every occurrence is replaced, and what was put in is not looked at again") {
  CHECK(text::replace_all("aXbXc", "X", "XX") == "aXXbXXc");
  CHECK(text::replace_all("aaa", "aa", "b") == "ba");
  CHECK(text::replace_all("abc", "", "x") == "abc");
  CHECK(text::replace_all("", "a", "b").empty());
}

TEST_CASE("a number is the whole text in decimal digits or it is none") {
  CHECK(text::find_number("0") == 0U);
  CHECK(text::find_number("007") == 7U);
  CHECK(text::find_number("18446744073709551615") == 18446744073709551615ULL);
  for (const std::string_view bad :
       {"", "-1", "+1", " 1", "1 ", "1x", "0x10", "1.5", "18446744073709551616"}) {
    CAPTURE(bad);
    CHECK_FALSE(text::find_number(bad));
  }
}
