// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/server/http_message.hpp"

namespace sandbox::s3 {

// The checksum as S3 writes it, base64 of the big-endian bytes. Algorithms: crc32, crc32c,
// crc64nvme, sha256; absent for others.
std::optional<std::string> checksum(std::string_view algorithm, std::string_view bytes);

// Holds Content-MD5 and every x-amz-checksum-* header against the body and returns the latter.
// Throws BadDigest for a wrong one, InvalidDigest or NotImplemented for one that cannot be checked.
Pairs verified_checksums(const Pairs& headers, std::string_view body);

}  // namespace sandbox::s3
