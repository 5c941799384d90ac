// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha1.hpp"

#include <doctest/doctest.h>

// FIPS 180-4's examples, as published in NIST's CSRC "Examples with Intermediate Values".
TEST_CASE("sha-1 of the published examples") {
  CHECK(crypto::sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(crypto::sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(crypto::sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}
