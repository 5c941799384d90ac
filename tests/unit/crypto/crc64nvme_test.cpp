// SPDX-License-Identifier: Apache-2.0
#include "crypto/crc64nvme.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace {

std::string random_bytes(std::mt19937_64& random, std::size_t count) {
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

TEST_CASE("the check values of CRC-64/NVME come out") {
  // The first is the catalogue's (https://reveng.sourceforge.io/crc-catalogue/), the next two are
  // the 64-bit CRC test cases of the NVM Express NVM Command Set specification.
  CHECK(crypto::crc64nvme("123456789") == 0xAE8B14860A799888U);
  CHECK(crypto::crc64nvme(std::string(4096, '\0')) == 0x6482D367EB22B64EU);
  CHECK(crypto::crc64nvme(std::string(4096, '\xff')) == 0xC0DDBA7302ECA3ACU);
  CHECK(crypto::crc64nvme("") == 0);
}

TEST_CASE("folding and the table agree at every length and alignment") {
  if (!crypto::can_fold_crc64nvme()) return;
  std::mt19937_64 random(20260101);
  const auto bytes = random_bytes(random, 70'000);
  for (std::size_t size = 0; size < 600; ++size) {
    const auto text = std::string_view(bytes).substr(random() % 64, size);
    const auto state = random();
    REQUIRE(crypto::crc64nvme_by_folding(state, bytes_of(text)) ==
            crypto::crc64nvme_by_table(state, bytes_of(text)));
  }
  for (int round = 0; round < 50; ++round) {
    const auto from = random() % 1000;
    const auto text = std::string_view(bytes).substr(from, random() % (bytes.size() - from));
    REQUIRE(crypto::crc64nvme_by_folding(0, bytes_of(text)) ==
            crypto::crc64nvme_by_table(0, bytes_of(text)));
  }
}

TEST_CASE("checksums of pieces join into that of the whole, wherever it is cut") {
  std::mt19937_64 random(20260102);
  for (int round = 0; round < 200; ++round) {
    const auto bytes = random_bytes(random, random() % 5000);
    const auto cut = random() % (bytes.size() + 1);
    const auto first = bytes.substr(0, cut);
    const auto second = bytes.substr(cut);
    const auto whole = crypto::crc64nvme(bytes);
    REQUIRE(crypto::crc64nvme_joined(crypto::crc64nvme(first), crypto::crc64nvme(second),
                                     second.size()) == whole);
    crypto::Crc64Nvme streamed;
    streamed.update(first);
    streamed.update(second);
    REQUIRE(streamed.value() == whole);
  }
}
