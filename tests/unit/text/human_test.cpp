// SPDX-License-Identifier: Apache-2.0
#include "text/human.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST_CASE("a size is told in the largest unit that leaves a number below 1024") {
  struct Case {
    std::uint64_t bytes;
    std::string_view told;
  };
  constexpr Case cases[] = {
      {0, "0 B"},
      {812, "812 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {12'897'485, "12.3 MiB"},
      {1'048'575, "1.0 MiB"},  // never "1024.0 KiB"
      {1ULL << 30U, "1.0 GiB"},
      {1ULL << 40U, "1.0 TiB"},
      {std::numeric_limits<std::uint64_t>::max(), "16384.0 PiB"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.bytes);
    CHECK(text::human_size(c.bytes) == c.told);
  }
}

TEST_CASE("a duration is told in the unit a person would take") {
  struct Case {
    milliseconds time;
    std::string_view told;
  };
  constexpr Case cases[] = {
      {0ms, "0 ms"},           {84ms, "84 ms"},         {999ms, "999 ms"},   {1s, "1.0 s"},
      {1'240ms, "1.2 s"},      {59'949ms, "59.9 s"},    {59'999ms, "1m00s"}, {60s, "1m00s"},
      {250s, "4m10s"},         {59min + 59s, "59m59s"}, {1h, "1h00m"},       {2h + 5min, "2h05m"},
      {49h + 30min, "49h30m"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.time.count());
    CHECK(text::human_duration(c.time) == c.told);
  }
}

TEST_CASE("a duration is read with its units") {
  struct Case {
    std::string_view input;
    milliseconds time;
  };
  constexpr Case cases[] = {
      {"500ms", 500ms}, {"30s", 30s},     {"10m", 10min},
      {"2h", 2h},       {"1h30m", 90min}, {"1m30s500ms", 90'500ms},
      {"0s", 0s},       {"007s", 7s},     {"1000000000ms", 1'000'000'000ms},
  };
  for (const auto& c : cases) {
    CAPTURE(c.input);
    CHECK(text::find_duration(c.input) == c.time);
  }
}

TEST_CASE("a duration without a unit, with an unknown one or beyond twelve days is refused") {
  for (const std::string_view bad :
       {"", "30", "s", "ms", "30 s", " 30s", "30s ", "-5s", "+5s", "1.5h", "5x", "5S", "5sec",
        "1h30", "1000000001ms", "278h", "18446744073709551616ms", "9999999999999999999h",
        "277h277h"}) {
    CAPTURE(bad);
    CHECK_FALSE(text::find_duration(bad));
  }
}
