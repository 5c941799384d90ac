// SPDX-License-Identifier: Apache-2.0
#include "container/api_version.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "support/error_of.hpp"

using container::ApiVersion;
using container::negotiated;

TEST_CASE("the lower of both versions is spoken, and what is no version counts as the oldest") {
  struct Row {
    std::optional<std::string> offered;
    std::string spoken;
  };
  const Row rows[] = {{"1.41", "1.41"},  {"1.51", "1.51"},   {"1.99", "1.51"},   {"2.0", "1.51"},
                      {"1.9", "1.9"},    {{}, "1.24"},       {"", "1.24"},       {"1", "1.24"},
                      {"v1.41", "1.24"}, {"1.41.0", "1.24"}, {"1.99999", "1.24"}};
  for (const Row& row : rows) {
    CAPTURE(row.offered.value_or("none"));
    CHECK(negotiated(row.offered, {}).text() == row.spoken);
  }
}

TEST_CASE("DOCKER_API_VERSION is taken as it is, or refused") {
  CHECK(negotiated("1.41", "1.30").text() == "1.30");
  CHECK(negotiated("1.41", "1.60").text() == "1.60");
  const auto error = support::error_of([] { negotiated("1.41", "newest"); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "read DOCKER_API_VERSION: 'newest' is no version");
}

TEST_CASE("versions are ordered by number") {
  CHECK(ApiVersion{1, 9} < ApiVersion{1, 24});
  CHECK(ApiVersion{1, 51} < ApiVersion{2, 0});
}
