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
  CHECK(checksum("sha1", "") == std::nullopt);
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
  CHECK(code_of({{"x-amz-checksum-sha1", "x"}}, body) == "NotImplemented");
}
