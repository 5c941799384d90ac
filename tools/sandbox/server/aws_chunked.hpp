// SPDX-License-Identifier: Apache-2.0
//
// Bodies sent as Content-Encoding: aws-chunked, where each chunk carries its own signature
// (STREAMING-AWS4-HMAC-SHA256-PAYLOAD) or a checksum follows as a trailer
// (STREAMING-UNSIGNED-PAYLOAD-TRAILER).
#pragma once

#include <string>
#include <string_view>

#include "sandbox/server/http_message.hpp"
#include "sandbox/server/signature_check.hpp"

namespace sandbox {

struct ChunkedBody {
  std::string bytes{};
  Pairs trailers{};  // names in lower case
};

// Throws the Fault that S3 answers: IncompleteBody for broken framing, SignatureDoesNotMatch for a
// chunk under another signature.
ChunkedBody decode_aws_chunked(std::string_view body, const Signature& signature);

}  // namespace sandbox
