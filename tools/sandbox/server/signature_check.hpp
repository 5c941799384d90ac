// SPDX-License-Identifier: Apache-2.0
//
// Verifies AWS Signature Version 4 as the services do: from the request as it arrived, the header
// form and the presigned query form. It shares nothing with lib/aws, which signs; a mistake in the
// one would hide in the other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sandbox/server/credentials.hpp"
#include "sandbox/server/http_message.hpp"
#include "sandbox/server/session_keys.hpp"
#include "timing/clock.hpp"

namespace sandbox {

enum class SignatureProblem {
  missing,    // no signature at all
  malformed,  // not the form of SigV4, a required part absent
  unknown_key,
  unknown_token,     // a session token that is none of ours, or of other keys
  expired_token,     // an assumed role's session is over
  wrong_scope,       // another service or day than the request's own
  skewed,            // more than 15 minutes off, or a presigned request used too early
  expired,           // a presigned request used too late
  unsigned_headers,  // S3: an x-amz-* header outside the signature
  mismatch
};

struct Rejection {
  SignatureProblem problem{};
  std::string detail{};
  std::string canonical_request{};  // of a mismatch
  std::string string_to_sign{};
  std::string provided{};  // the signature that came
};

// A verified signature. Chunked bodies go on signing from it.
struct Signature {
  std::string service{};
  std::string region{};
  std::string timestamp{};  // 20260102T030405Z
  std::string scope{};      // 20260102/region/service/aws4_request
  std::string value{};      // hex
  std::string payload{};    // what stood for the body: a digest, UNSIGNED-PAYLOAD or STREAMING-…
  std::string key{};        // the derived signing key, binary
  std::optional<RoleSession> session{};  // absent: the fixed credentials' own
};

using SignatureVerdict = std::variant<Signature, Rejection>;

struct SignatureRules {
  const Credentials& credentials;
  timing::SystemTime now;
  std::vector<std::string_view> services;  // the scope must name one of these
};

SignatureVerdict check_signature(const Request& request, const SignatureRules& rules);

// The hex signature of a string under a derived key.
std::string signature_of(std::string_view key, std::string_view string_to_sign);

// x-amz-content-sha256 values that stand for a body without being its digest.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view chunked_signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view chunked_unsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

}  // namespace sandbox
