// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbox/server/http_message.hpp"

namespace sandbox::s3 {

// Server-side encryption as S3 shows it. Nothing is encrypted: what counts is what clients see.
struct Encryption {
  std::string algorithm = "AES256";  // AES256 | aws:kms | aws:kms:dsse
  std::string key_id{};              // an ARN; of KMS only
  std::string context{};
  bool bucket_key = false;

  // The ETag of what KMS encrypts is not the MD5 of its bytes.
  bool is_kms() const { return algorithm != "AES256"; }
};

struct KeyPlace {
  std::string account;
  std::string region;
};

// What the request's headers ask for, else `otherwise`. Throws InvalidArgument for a wish S3 does
// not know, and AccessDenied for kms:GenerateDataKey with a key whose id ends in /denied.
Encryption requested_encryption(const Pairs& headers, const Encryption& otherwise,
                                const KeyPlace& place);

// The headers of answers about an object.
Pairs shown(const Encryption& encryption);

}  // namespace sandbox::s3
