// SPDX-License-Identifier: Apache-2.0
#include "text/percent.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

TEST_CASE("only RFC 3986's unreserved characters stay as they are") {
  struct Case {
    std::string_view input;
    std::string_view encoded;
  };
  constexpr Case cases[] = {
      {"AZaz09-._~", "AZaz09-._~"},
      {"a b", "a%20b"},
      {"a+b", "a%2Bb"},
      {"a*b", "a%2Ab"},
      {"!'()", "%21%27%28%29"},
      {"k=v&x", "k%3Dv%26x"},
      {"100%", "100%25"},
      {"ü", "%C3%BC"},
      {"\x01\x7f\xff", "%01%7F%FF"},
      {"", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.input);
    CHECK(text::percent_encode(c.input) == c.encoded);
    CHECK(text::find_percent_decoded(c.encoded) == std::string(c.input));
  }
}

TEST_CASE("a slash is kept in paths and encoded in names") {
  CHECK(text::percent_encode("a/b c", text::Slash::keep) == "a/b%20c");
  CHECK(text::percent_encode("a/b c") == "a%2Fb%20c");
}

TEST_CASE("decoding takes digits of either case and leaves plus alone") {
  CHECK(text::find_percent_decoded("%2f%2F+") == "//+");
}

TEST_CASE("a broken escape is refused") {
  for (const std::string_view bad : {"%", "%4", "a%4", "%zz", "%4g", "%%41", "% 41"}) {
    CAPTURE(bad);
    CHECK_FALSE(text::find_percent_decoded(bad));
  }
}
