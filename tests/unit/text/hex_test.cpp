// SPDX-License-Identifier: Apache-2.0
#include "text/hex.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string_view>
#include <vector>

TEST_CASE("bytes become lower-case digits, and digits of either case become bytes") {
  const std::vector<std::byte> bytes{std::byte{0x00}, std::byte{0x7f}, std::byte{0xab},
                                     std::byte{0xff}};

  CHECK(text::hex(bytes) == "007fabff");
  CHECK(text::find_bytes_of_hex("007fABff") == bytes);
  CHECK(text::hex({}).empty());
  CHECK(text::find_bytes_of_hex("") == std::vector<std::byte>{});
}

TEST_CASE("an odd number of digits or a character that is no digit gives no bytes") {
  for (const std::string_view bad : {"0", "0g", "g0", "0x00", " 0", "00 "}) {
    CAPTURE(bad);
    CHECK_FALSE(text::find_bytes_of_hex(bad));
  }
}

TEST_CASE("lower-case hex is told from everything else") {
  CHECK(text::is_lower_hex("0123456789abcdef"));
  CHECK_FALSE(text::is_lower_hex("ABC"));
  CHECK_FALSE(text::is_lower_hex("abcg"));
}
