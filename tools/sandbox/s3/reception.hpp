// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sandbox/s3/operations.hpp"

namespace sandbox::s3 {

// What came in as the bytes of an object or of a part.
struct Reception {
  std::shared_ptr<const Blob> blob;
  std::string etag;  // without quotes
  Pairs checksums;   // x-amz-checksum-*: those the client gave, and the ones asked for
};

struct ReceptionWishes {
  bool md5 = true;                       // else the ETag is one of nothing, as under KMS
  std::vector<std::string> checksums{};  // beside those that the request gives
};

// Takes the body into a file in pieces and verifies each digest and checksum the request gives.
// What is not as it was said throws Fault and leaves nothing.
Reception receive(const Call& call, const ReceptionWishes& wishes);

}  // namespace sandbox::s3
