// SPDX-License-Identifier: Apache-2.0
#include "oci/link.hpp"

#include <doctest/doctest.h>

TEST_CASE("the next page is the link whose relation says so") {
  struct Case {
    const char* header;
    const char* expected;  // "" for none
  };
  const Case cases[] = {
      {R"(</v2/shop/tags/list?n=2&last=b>; rel="next")", "/v2/shop/tags/list?n=2&last=b"},
      {"<https://r.example/v2/a?x=1>;rel=next", "https://r.example/v2/a?x=1"},
      {R"(</first>; rel="first", </second>; title="x"; REL="prev next")", "/second"},
      {R"(</a,b>; rel="next", </c>; rel="last")", "/a,b"},
      {R"(</a>; rel="last")", ""},
      {"</a>", ""},
      {"<unclosed; rel=\"next\"", ""},
      {"", ""},
  };
  for (const Case& each : cases) {
    CAPTURE(each.header);
    CHECK(oci::find_next_link({{"Link", each.header}}).value_or("") == each.expected);
  }
  CHECK_FALSE(oci::find_next_link({}));
}
