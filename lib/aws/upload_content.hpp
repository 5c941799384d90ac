// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "file/unique_fd.hpp"
#include "http/message.hpp"

namespace aws {

// What is signed and checked of a part.
struct PartDigest {
  std::uint64_t crc64nvme = 0;
  std::string sha256_hex{};  // empty: not asked for
};

// What becomes an object: a body and the digests that vouch for it.
struct UploadContent {
  http::Body body{};              // read from several threads at once
  crypto::Sha256Digest sha256{};  // of the whole
  // Of parts of `part_size` bytes; empty: computed when a part's turn comes.
  std::uint64_t part_size = 0;
  std::vector<PartDigest> parts{};
  // Throws integrity when the source is no longer what was hashed; may be empty.
  std::function<void()> check_unchanged{};
};

// Which digests of parts are worth having beforehand.
struct PartPlan {
  std::uint64_t part_size = 0;  // 0: none
  bool sha256 = false;          // beside the CRC-64
};

// Bytes in memory, hashed here.
UploadContent content_of_bytes(std::string bytes);

// A file whose SHA-256 is known from writing it. The descriptor must outlive the content.
UploadContent content_of_file(const file::UniqueFd& file, const crypto::Sha256Digest& sha256);

// A file that nobody has hashed yet: the whole and its parts, on two threads. Throws integrity when
// it changes meanwhile, unavailable when stopped. The descriptor must outlive the content.
UploadContent hashed_content(const file::UniqueFd& file, const PartPlan& plan,
                             std::stop_token stop);

// Reads [offset, offset + size) of a body. Throws integrity when it ends before.
PartDigest digest_of(const http::Body& body, std::uint64_t offset, std::uint64_t size,
                     bool with_sha256);

}  // namespace aws
