// SPDX-License-Identifier: Apache-2.0
#include "text/base64.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

TEST_CASE("base64 of the RFC 4648 section 10 vectors, both ways") {
  struct Case {
    std::string_view bytes;
    std::string_view encoded;
  };
  constexpr Case cases[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.encoded);
    CHECK(text::base64(c.bytes) == c.encoded);
    CHECK(text::find_bytes_of_base64(c.encoded) == std::string(c.bytes));
  }
}

TEST_CASE("the two alphabets differ in two digits, and the one for URLs writes no padding") {
  const std::string_view bytes = "\xfb\xff\xfe\xff";

  CHECK(text::base64(bytes) == "+//+/w==");
  CHECK(text::base64(bytes, text::Base64::url) == "-__-_w");
  CHECK(text::find_bytes_of_base64("-__-_w", text::Base64::url) == std::string(bytes));
  CHECK(text::find_bytes_of_base64("-__-_w==", text::Base64::url) == std::string(bytes));
  CHECK_FALSE(text::find_bytes_of_base64("-__-_w=="));
  CHECK_FALSE(text::find_bytes_of_base64("+//+/w", text::Base64::url));
}

TEST_CASE("base64 that is not exactly right is refused") {
  for (const std::string_view bad :
       {"Z", "Zg", "Zg=", "Zg===", "Zm9", "Zm9v=", "====", "=Zg=", "Z===", "Zm 9v", "Zm9v\n",
        "Zm9*", "Zh==" /* left-over bits */, "Zm9=" /* left-over bits */, "Zg==Zg=="}) {
    CAPTURE(bad);
    CHECK_FALSE(text::find_bytes_of_base64(bad));
  }
  for (const std::string_view bad : {"A", "AAAAA", "Zg=", "Zh", "Zm9v="}) {
    CAPTURE(bad);
    CHECK_FALSE(text::find_bytes_of_base64(bad, text::Base64::url));
  }
}

TEST_CASE("bytes of every value survive base64") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const auto alphabet : {text::Base64::standard, text::Base64::url}) {
    CHECK(text::find_bytes_of_base64(text::base64(bytes, alphabet), alphabet) == bytes);
  }
}
