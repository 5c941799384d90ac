// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/crc64nvme.hpp"
#include "sandbox/s3/crc.hpp"
#include "sandbox/s3/digest.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox::s3 {

inline constexpr std::string_view checksum_prefix = "x-amz-checksum-";

// crc32, crc32c, crc64nvme, sha1 and sha256: what the sandbox can check.
bool is_checksum_algorithm(std::string_view algorithm);
bool is_crc(std::string_view algorithm);

// A checksum over pieces.
class Checksum {
 public:
  explicit Checksum(std::string_view algorithm);  // one of the five

  const std::string& algorithm() const { return algorithm_; }
  void update(std::string_view bytes);

  // As S3 writes it: base64, of a CRC's bytes the highest first. Once.
  std::string finish();

 private:
  std::string algorithm_;
  std::variant<Crc<std::uint32_t, crc32_polynomial>, Crc<std::uint32_t, crc32c_polynomial>,
               crypto::Crc64Nvme, Digest>
      stream_;
};

// Absent for an algorithm that is not one of the five.
std::optional<std::string> checksum(std::string_view algorithm, std::string_view bytes);

// The CRC of the whole from those of its parts in their order.
struct PartChecksum {
  std::string value;  // base64
  std::uint64_t size = 0;
};
std::optional<std::string> joined_checksum(std::string_view algorithm,
                                           const std::vector<PartChecksum>& parts);

// The algorithms that the request's headers give a value for, or say that a trailer will.
// NotImplemented for one that the sandbox cannot check.
std::vector<std::string> given_algorithms(const Pairs& headers);

// Holds the request's values against the computed ones, both as x-amz-checksum-* pairs. Throws
// BadDigest, or InvalidRequest for a promised trailer that did not come.
void check_given(const Pairs& given, const Pairs& computed);

// The binary digest that Content-MD5 asks for. Throws InvalidDigest when it is none.
std::optional<std::string> given_md5(const Pairs& headers);
[[noreturn]] void refuse_md5();

// All of it for a body in memory; answers its x-amz-checksum-* pairs.
Pairs verified_checksums(const Pairs& headers, std::string_view body);

// ChecksumCRC32, ChecksumSHA256: S3's element for an algorithm, and the header for an element.
std::string checksum_element(std::string_view algorithm);

}  // namespace sandbox::s3
