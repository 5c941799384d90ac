// SPDX-License-Identifier: Apache-2.0
#include "oci/sending.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

TEST_CASE("bytes that are sent again count once, and the total grows with each body") {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  oci::Sending sending(
      [&told](std::uint64_t done, std::uint64_t total) { told.emplace_back(done, total); });
  const auto first = sending.counted(http::body_of("0123456789"));
  std::array<char, 4> buffer{};
  const auto read = [&buffer](const http::Body& body, std::uint64_t offset) {
    return body.read(offset, buffer);
  };
  read(first, 0);
  read(first, 4);
  read(first, 0);  // the upload begins anew
  read(first, 4);
  const auto second = sending.counted(http::body_of("abcd"));
  read(first, 8);
  read(second, 0);

  CHECK(told == std::vector<std::pair<std::uint64_t, std::uint64_t>>{
                    {4, 10}, {8, 10}, {8, 10}, {8, 10}, {10, 14}, {14, 14}});
  CHECK(std::string(buffer.data(), 4) == "abcd");
}

TEST_CASE("where nobody listens a body stays as it is") {
  oci::Sending sending({});
  std::array<char, 4> buffer{};
  CHECK(sending.counted(http::body_of("abcd")).read(1, buffer) == 3);
}
