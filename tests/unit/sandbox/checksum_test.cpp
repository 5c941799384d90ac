// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/checksum.hpp"

#include <doctest/doctest.h>

#include <string>

#include "sandbox/server/fault.hpp"

using sandbox::s3::checksum;
using sandbox::s3::verified_checksums;

namespace {

std::string code_of(const sandbox::Pairs& headers, std::string_view body) {
  try {
    verified_checksums(headers, body);
  } catch (const sandbox::Fault& fault) {
    return fault.code();
  }
  return "";
}

}  // namespace

// The check values of the CRC catalogue (reveng.sourceforge.io/crc-catalogue) for "123456789":
// CRC-32 cbf43926, CRC-32C e3069283, CRC-64/NVME ae8b14860a799888.
TEST_CASE("checksums agree with the catalogue's check values") {
  CHECK(checksum("crc32", "123456789") == "y/Q5Jg==");
  CHECK(checksum("crc32c", "123456789") == "4waSgw==");
  CHECK(checksum("crc64nvme", "123456789") == "rosUhgp5mIg=");
  CHECK(checksum("sha256", "") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(checksum("sha1", "") == "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  CHECK(checksum("md4", "") == std::nullopt);
}

TEST_CASE("every checksum that comes with a body is held against it") {
  const std::string body = "123456789";
  const sandbox::Pairs right{{"content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="},
                             {"x-amz-checksum-crc32", "y/Q5Jg=="},
                             {"x-amz-checksum-algorithm", "CRC32"}};
  CHECK(verified_checksums(right, body) == sandbox::Pairs{{"x-amz-checksum-crc32", "y/Q5Jg=="}});

  CHECK(code_of(right, "12345678") == "BadDigest");
  CHECK(code_of({{"content-md5", "not base64"}}, body) == "InvalidDigest");
  CHECK(code_of({{"content-md5", "AAAA"}}, body) == "InvalidDigest");
  CHECK(code_of({{"x-amz-checksum-crc32c", "y/Q5Jg=="}}, body) == "BadDigest");
  CHECK(code_of({{"x-amz-checksum-sha256", ""}}, body) == "BadDigest");
  CHECK(code_of({{"x-amz-checksum-sha1", "x"}}, body) == "BadDigest");
  CHECK(code_of({{"x-amz-checksum-md4", "x"}}, body) == "NotImplemented");
  CHECK(code_of({{"x-amz-trailer", "x-amz-checksum-crc32"}}, body) == "InvalidRequest");
}

TEST_CASE("a checksum over pieces of any size is that of the whole") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += std::to_string(i * 7919);
  for (const auto* algorithm : {"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}) {
    CAPTURE(algorithm);
    sandbox::s3::Checksum pieces(algorithm);
    std::size_t size = 0;
    for (std::size_t begin = 0; begin < text.size(); begin += size) {
      size = 1 + begin % 37;
      pieces.update(std::string_view(text).substr(begin, size));
    }
    CHECK(pieces.finish() == checksum(algorithm, text));
  }
}

// A bit at a time, as the catalogue defines a reflected CRC.
TEST_CASE("the tables compute what the definition does") {
  std::string text = "The quick brown fox jumps over the lazy dog, 0123456789 times";
  std::uint64_t value = ~std::uint64_t{0};
  for (const char c : text) {
    value ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ sandbox::s3::crc64nvme_polynomial : value >> 1U;
    }
  }
  sandbox::s3::Crc<std::uint64_t, sandbox::s3::crc64nvme_polynomial> by_table;
  by_table.update(text);
  CHECK(by_table.value() == ~value);
  crypto::Crc64Nvme by_library;
  by_library.update(text);
  CHECK(by_library.value() == ~value);
}

TEST_CASE("the CRCs of parts join to that of the whole") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::to_string(i * 104'729);
  for (const auto* algorithm : {"crc32", "crc32c", "crc64nvme"}) {
    CAPTURE(algorithm);
    for (const std::size_t size : {std::size_t{1}, std::size_t{100}, text.size()}) {
      std::vector<sandbox::s3::PartChecksum> parts;
      for (std::size_t begin = 0; begin < text.size(); begin += size) {
        const auto part = std::string_view(text).substr(begin, size);
        parts.push_back({.value = *checksum(algorithm, part), .size = part.size()});
      }
      CHECK(sandbox::s3::joined_checksum(algorithm, parts) == checksum(algorithm, text));
    }
  }
  CHECK(sandbox::s3::joined_checksum("sha256", {}) == std::nullopt);
  CHECK(sandbox::s3::joined_checksum("crc32", {{.value = "not base64"}}) == std::nullopt);
}
