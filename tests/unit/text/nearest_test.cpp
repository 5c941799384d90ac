// SPDX-License-Identifier: Apache-2.0
#include "text/nearest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

TEST_CASE("a typing slip is recognised, a different word is not") {
  const std::vector<std::string> options{"--image", "--release", "--dry-run", "--region", "--to"};
  struct Case {
    std::string_view word;
    std::string_view meant;
  };
  constexpr Case cases[] = {
      {"--imgae", "--image"},   // neighbours swapped
      {"--imag", "--image"},    // one left out
      {"--immage", "--image"},  // one too many
      {"--relaese", "--release"},
      {"--dryrun", "--dry-run"},
      {"--regoin", "--region"},
      {"--image", "--image"},
      {"--application", ""},
      {"xyz", ""},
      {"", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.word);
    CHECK(text::nearest(c.word, options) == c.meant);
  }
}

TEST_CASE("of two equally near names the first is taken") {
  CHECK(text::nearest("cat", {"car", "can"}) == "car");
}

TEST_CASE("a word of absurd length has no near name") {
  CHECK(text::nearest(std::string(10'000, 'a'), {std::string(9'999, 'a')}).empty());
}

TEST_CASE("without candidates nothing is near") { CHECK(text::nearest("image", {}).empty()); }
