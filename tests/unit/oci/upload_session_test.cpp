// SPDX-License-Identifier: Apache-2.0
#include "oci/upload_session.hpp"

#include <doctest/doctest.h>

#include <optional>

TEST_CASE("how far an upload got is read from the range that registries write") {
  struct Case {
    const char* range;
    std::optional<std::uint64_t> expected;
  };
  const Case cases[] = {{"0-19999999", 20'000'000}, {"bytes=0-9", 10},    {"0-0", 0},
                        {"5-9", std::nullopt},      {"0-", std::nullopt}, {"9", std::nullopt},
                        {"-9", std::nullopt},       {"", std::nullopt}};
  for (const Case& each : cases) {
    CAPTURE(each.range);
    CHECK(
        (oci::find_received({.status = 204, .headers = {{"Range", each.range}}}) == each.expected));
  }
  CHECK_FALSE(oci::find_received({.status = 204}));
}

TEST_CASE("a registry behind TLS that names itself by plain http is asked over TLS") {
  struct Case {
    const char* base;
    const char* location;
    const char* expected;
  };
  const Case cases[] = {
      {"https://r.example/", "http://r.example/u?x", "https://r.example/u?x"},
      {"https://r.example:5000/", "http://r.example:5000/u", "https://r.example:5000/u"},
      {"https://r.example:5000/", "http://r.example/u", "https://r.example:5000/u"},
      {"https://r.example/", "http://r.example:8080/u", "http://r.example:8080/u"},
      {"https://r.example/", "http://other.example/u", "http://other.example/u"},
      {"http://r.example/", "http://r.example/u", "http://r.example/u"},
      {"https://r.example/", "https://cdn.example/u", "https://cdn.example/u"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.location);
    CHECK(oci::secured(http::parse_url(each.location), http::parse_url(each.base)).text() ==
          each.expected);
  }
}
