// SPDX-License-Identifier: Apache-2.0
#include "text/plain.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("colours are taken out of a line, and nothing else is") {
  struct Row {
    std::string line;
    std::string plain;
  };
  const Row rows[] = {{"", ""},
                      {"plain [m] text", "plain [m] text"},
                      {"\x1b[91mred\x1b[0m", "red"},
                      {"a\x1b[1;31mb\x1b[0mc", "abc"},
                      {"\x1b[2K\x1b[1Gmade it", "made it"},
                      {"cut \x1b[31", "cut "},
                      {"cut \x1b[", "cut "},
                      {"alone \x1b", "alone \x1b"}};
  for (const Row& row : rows) {
    CAPTURE(row.plain);
    CHECK(text::without_colours(row.line) == row.plain);
  }
}
