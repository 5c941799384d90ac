// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/addresses.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

std::string network_of(const std::string& address) {
  return address.substr(0, address.find('.', 4));
}

}  // namespace

TEST_CASE("two sandboxes never share a network, even from the same seed") {
  sandbox::Addresses first("seed");
  sandbox::Addresses second("seed");
  CHECK(network_of(first.next()) != network_of(second.next()));
}

TEST_CASE("addresses of one sandbox differ, and none is a network's first or last") {
  sandbox::Addresses addresses("seed");
  std::string last;
  for (int i = 0; i < 600; ++i) {
    const auto next = addresses.next();
    CHECK(next != last);
    CHECK_FALSE(next.ends_with(".0"));
    CHECK_FALSE(next.ends_with(".255"));
    last = next;
  }
}

TEST_CASE("a claim is free again when its holder is gone") {
  {
    const sandbox::Claim claim("test-claim");
    CHECK(claim.held());
    CHECK_FALSE(sandbox::Claim("test-claim").held());
  }
  CHECK(sandbox::Claim("test-claim").held());
}
