// SPDX-License-Identifier: Apache-2.0
#include "timing/timestamp.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using timing::SystemTime;

namespace {

SystemTime at(std::int64_t seconds) { return SystemTime(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("one moment in the three forms, and back") {
  struct Case {
    std::int64_t seconds;
    std::string_view rfc3339;
    std::string_view basic;
    std::string_view http;
  };
  constexpr Case cases[] = {
      {0, "1970-01-01T00:00:00Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {784'111'777, "1994-11-06T08:49:37Z", "19941106T084937Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {951'782'400, "2000-02-29T00:00:00Z", "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
      {1'709'251'199, "2024-02-29T23:59:59Z", "20240229T235959Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
      {1'767'323'045, "2026-01-02T03:04:05Z", "20260102T030405Z", "Fri, 02 Jan 2026 03:04:05 GMT"},
      {4'107'542'399, "2100-02-28T23:59:59Z", "21000228T235959Z", "Sun, 28 Feb 2100 23:59:59 GMT"},
      {-1, "1969-12-31T23:59:59Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.rfc3339);
    CHECK(timing::rfc3339(at(c.seconds)) == c.rfc3339);
    CHECK(timing::sigv4_basic(at(c.seconds)) == c.basic);
    CHECK(timing::http_date(at(c.seconds)) == c.http);
    CHECK(timing::find_rfc3339(c.rfc3339) == at(c.seconds));
    CHECK(timing::find_sigv4_basic(c.basic) == at(c.seconds));
    CHECK(timing::find_http_date(c.http) == at(c.seconds));
  }
}

TEST_CASE("fractions of a second are dropped when written, towards the past") {
  CHECK(timing::rfc3339(at(0) + 999ms) == "1970-01-01T00:00:00Z");
  CHECK(timing::rfc3339(at(0) - 1ms) == "1969-12-31T23:59:59Z");
}

TEST_CASE("an RFC 3339 moment may carry a fraction and an offset") {
  struct Case {
    std::string_view text;
    std::int64_t seconds;
  };
  constexpr Case cases[] = {
      {"2026-01-02T03:04:05.123Z", 1'767'323'045},
      {"2026-01-02T03:04:05.123456789Z", 1'767'323'045},
      {"2026-01-02t03:04:05z", 1'767'323'045},
      {"2026-01-02T04:04:05+01:00", 1'767'323'045},
      {"2026-01-01T21:34:05-05:30", 1'767'323'045},
      {"2026-01-02T03:04:05+00:00", 1'767'323'045},
      {"2026-01-02T04:04:05.5+01:00", 1'767'323'045},
      {"2016-12-31T23:59:60Z", 1'483'228'800},  // a leap second is the next second
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(timing::find_rfc3339(c.text) == at(c.seconds));
  }
}

TEST_CASE("what is no RFC 3339 moment is refused") {
  for (const std::string_view bad : {"",
                                     "2026-01-02",
                                     "2026-01-02T03:04:05",
                                     "2026-01-02T03:04Z",
                                     "2026-01-02X03:04:05Z",
                                     "2026-13-02T03:04:05Z",
                                     "2026-00-02T03:04:05Z",
                                     "2026-01-32T03:04:05Z",
                                     "2026-01-00T03:04:05Z",
                                     "2023-02-29T00:00:00Z",
                                     "2100-02-29T00:00:00Z",
                                     "2026-01-02T24:00:00Z",
                                     "2026-01-02T03:60:05Z",
                                     "2026-01-02T03:04:61Z",
                                     "2026-01-02T03:04:05+0100",
                                     "2026-01-02T03:04:05+01",
                                     "2026-01-02T03:04:05.Z",
                                     "2026-01-02T03:04:05+24:00",
                                     "2026-01-02T03:04:05+01:60",
                                     "2026-01-02T03:04:05ZZ",
                                     "+026-01-02T03:04:05Z",
                                     "2026-1-02T03:04:05ZZ",
                                     "2026-01-02T0::04:05Z",
                                     "2026/01/02T03:04:05Z",
                                     "2026-01-02T03:04:05.1x",
                                     "20260102T030405Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(timing::find_rfc3339(bad));
  }
}

TEST_CASE("what is no SigV4 moment is refused") {
  for (const std::string_view bad :
       {"", "20260102T030405", "20260102 030405Z", "20260102T030405z", "20260230T030405Z",
        "2026010aT030405Z", "20260102T250405Z", "2026-01-02T03:04:05Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(timing::find_sigv4_basic(bad));
  }
}

TEST_CASE("what is no HTTP date of the one current form is refused") {
  for (const std::string_view bad :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 084937xx GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37GMT ", "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37  GMT"}) {
    CAPTURE(bad);
    CHECK_FALSE(timing::find_http_date(bad));
  }
}

TEST_CASE("a moment beyond what the clock holds is cut to its ends instead of wrapping round") {
  // Process credentials say 9999-12-31 for "never", Docker says 0001-01-01 for "not yet".
  const auto never = timing::find_rfc3339("9999-12-31T23:59:59Z");
  const auto not_yet = timing::find_rfc3339("0001-01-01T00:00:00Z");
  REQUIRE(never);
  REQUIRE(not_yet);

  CHECK(*never > at(4'102'444'800));  // 2100
  CHECK(*not_yet < at(0));
  CHECK(timing::find_http_date("Fri, 31 Dec 9999 23:59:59 GMT") > at(4'102'444'800));
  CHECK(timing::from_epoch_seconds(1e300) > at(4'102'444'800));
  CHECK(timing::from_epoch_seconds(-1e300) < at(0));
}

TEST_CASE("epoch seconds keep milliseconds both ways") {
  CHECK(timing::epoch_seconds(at(1'750'000'000) + 250ms) == doctest::Approx(1'750'000'000.25));
  CHECK(std::chrono::round<std::chrono::milliseconds>(
            timing::from_epoch_seconds(1'750'000'000.123)) == at(1'750'000'000) + 123ms);
}
