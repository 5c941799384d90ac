// SPDX-License-Identifier: Apache-2.0
#include "http/retry_policy.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "timing/timestamp.hpp"

using namespace std::chrono_literals;
using http::Failure;
using http::Repeat;
using http::Verdict;
using std::chrono::milliseconds;

TEST_CASE("a status says whether to come again") {
  struct Case {
    int status;
    Verdict verdict;
  };
  constexpr Case cases[] = {
      {200, Verdict::keep},      {201, Verdict::keep},      {206, Verdict::keep},
      {301, Verdict::keep},      {307, Verdict::keep},      {400, Verdict::keep},
      {401, Verdict::keep},      {403, Verdict::keep},      {404, Verdict::keep},
      {409, Verdict::keep},      {412, Verdict::keep},      {501, Verdict::keep},
      {505, Verdict::keep},      {408, Verdict::transient}, {500, Verdict::transient},
      {502, Verdict::transient}, {503, Verdict::transient}, {504, Verdict::transient},
      {429, Verdict::throttled},
  };
  for (const auto& c : cases) {
    CAPTURE(c.status);
    CHECK(http::judge_status(c.status) == c.verdict);
  }
}

TEST_CASE("an attempt without an answer is repeated when that can do no harm") {
  CHECK(http::may_repeat(Failure::not_connected, Repeat::safe));
  CHECK(http::may_repeat(Failure::not_connected, Repeat::unsafe));
  CHECK(http::may_repeat(Failure::broken, Repeat::safe));
  CHECK_FALSE(http::may_repeat(Failure::broken, Repeat::unsafe));
  CHECK_FALSE(http::may_repeat(Failure::refused, Repeat::safe));
  CHECK_FALSE(http::may_repeat(Failure::refused, Repeat::unsafe));
}

TEST_CASE("a server's hint is read in its forms, and garbage is none") {
  const auto now = timing::find_http_date("Fri, 02 Jan 2026 03:04:05 GMT").value();
  struct Case {
    std::string name;
    std::string value;
    std::optional<milliseconds> hint;
  };
  const Case cases[] = {
      {"Retry-After", "0", 0ms},
      {"retry-after", "1", 1s},
      {"Retry-After", "120", 2min},
      {"Retry-After", "1000000000", 24h},
      {"Retry-After", "99999999999999999999999", std::nullopt},
      {"Retry-After", "-1", std::nullopt},
      {"Retry-After", "1.5", std::nullopt},
      {"Retry-After", "soon", std::nullopt},
      {"Retry-After", "", std::nullopt},
      {"Retry-After", "Fri, 02 Jan 2026 03:04:35 GMT", 30s},
      {"Retry-After", "Fri, 02 Jan 2026 03:04:05 GMT", 0s},
      {"Retry-After", "Fri, 02 Jan 2026 03:04:04 GMT", std::nullopt},
      {"Retry-After", "Sat, 03 Jan 2026 03:04:05 GMT", 24h},
      {"x-amz-retry-after", "1500", 1'500ms},
      {"X-Amz-Retry-After", "0", 0ms},
      {"x-amz-retry-after", "-5", std::nullopt},
      {"x-amz-retry-after", "soon", std::nullopt},
      {"x-amz-retry-after", "99999999999", std::nullopt},
      {"Date", "Fri, 02 Jan 2026 03:04:35 GMT", std::nullopt},
  };
  for (const auto& c : cases) {
    CAPTURE(c.value);
    CHECK(http::server_hint({{c.name, c.value}}, now) == c.hint);
  }
}

TEST_CASE("a date in the far future is a long hint and overflows nothing") {
  const auto now = timing::find_http_date("Fri, 02 Jan 2026 03:04:05 GMT").value();
  const auto hint = http::server_hint({{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}, now);
  REQUIRE(hint);
  CHECK(*hint > 24h);
}

TEST_CASE("AWS's own hint goes before the general one") {
  const auto now = timing::from_epoch_seconds(0);
  CHECK(http::server_hint({{"Retry-After", "9"}, {"x-amz-retry-after", "250"}}, now) == 250ms);
  CHECK(http::server_hint({{"Retry-After", "9"}, {"x-amz-retry-after", "soon"}}, now) == 9s);
}
