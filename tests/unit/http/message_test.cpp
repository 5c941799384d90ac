// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

TEST_CASE("header fields are found whatever the case of their names, and keep their order") {
  http::Headers headers{{"Link", "a"}, {"Content-Type", "text/plain"}};
  headers.add("link", "b");

  CHECK(headers.find("LINK") == "a");
  CHECK(headers.all("Link") == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(headers.find("Location"));
  CHECK(headers.all("Location").empty());
}

TEST_CASE("setting a field replaces all of its name") {
  http::Headers headers{{"Link", "a"}, {"Date", "x"}, {"LINK", "b"}};
  headers.set("link", "c");
  CHECK(headers.all("Link") == std::vector<std::string>{"c"});
  CHECK(headers.fields().size() == 2);
}

TEST_CASE("a body of text gives its bytes from any offset") {
  const auto body = http::body_of("0123456789");
  CHECK(body.size == 10);
  struct Case {
    std::uint64_t offset;
    std::string_view bytes;
  };
  constexpr Case cases[] = {{0, "0123"}, {4, "4567"}, {8, "89"}, {10, ""}, {1'000, ""}};
  for (const auto& c : cases) {
    CAPTURE(c.offset);
    std::array<char, 4> buffer{};
    const auto count = body.read(c.offset, buffer);
    CHECK(std::string_view(buffer.data(), count) == c.bytes);
  }
}
