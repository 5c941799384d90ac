// SPDX-License-Identifier: Apache-2.0
#include "oci/tag_order.hpp"

#include <doctest/doctest.h>

TEST_CASE("tags are ordered as people count versions") {
  const std::vector<std::string> ordered{"0.9",      "1.9",          "1.010",  "1.10-3-gabc",
                                         "1.10.1",   "1.10.1-10-g1", "v1.2",   "v1.12",
                                         "v1.12.99999999999999999999999"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      CAPTURE(ordered[i]);
      CAPTURE(ordered[j]);
      CHECK(oci::looks_earlier(ordered[i], ordered[j]) == (i < j));
    }
  }
  CHECK(oci::newest_looking({"1.2", "1.10", "1.9"}) == "1.10");
  CHECK(!oci::newest_looking({}));
}
