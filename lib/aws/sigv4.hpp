// SPDX-License-Identifier: Apache-2.0
//
// AWS Signature Version 4, in headers and in queries.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
//
// libcurl has a signer of its own (CURLOPT_AWS_SIGV4), but which requests it signs right depends on
// the libcurl found at run time: 7.88 neither sorts nor encodes queries, nor hashes an S3 body.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "aws/credentials.hpp"
#include "crypto/sha256.hpp"
#include "http/message.hpp"
#include "http/url.hpp"
#include "timing/clock.hpp"

namespace aws::sigv4 {

inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

// S3 signs the path as it is sent, "a//b" and "a/../b" being keys. All other services sign it
// normalised and encoded once more.
enum class PathRule { normalised_twice_encoded, as_sent };

struct Scope {
  std::string region;
  std::string service;  // signing name
  PathRule path = PathRule::normalised_twice_encoded;
};

// The steps of one signature, apart so that tests and a debug log can look at them.
struct Steps {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signed_headers;
};

// Pure. Every header of `request` but the hop-by-hop ones is signed; Host is taken from the url
// when it is not among them.
Steps steps(const http::Request& request, const Scope& scope, std::string_view payload_hash,
            timing::SystemTime when);

struct Presigning {
  timing::SystemTime when;
  std::chrono::seconds lifetime{900};
  std::string payload_hash{unsigned_payload};  // S3's; other services want the body's
};

std::string canonical_path(std::string_view sent, PathRule rule);
std::string canonical_query(std::string_view query);

// The signing key depends on date, region, service and secret only, and is kept for the next call.
// Thread-safe.
class Signer {
 public:
  // Sets X-Amz-Date, X-Amz-Security-Token (with a token), for S3 x-amz-content-sha256, and
  // Authorization; what an earlier attempt set is replaced. An empty hash stands for no body.
  Steps sign(http::Request& request, const Scope& scope, const Credentials& credentials,
             std::string_view payload_hash, timing::SystemTime when);

  // The url with a signature in its query, good for anyone until `lifetime` (1 s to 7 days) is
  // over. The headers of `request` are signed and must then be sent. Throws usage for another
  // lifetime.
  std::string presigned_url(const http::Request& request, const Scope& scope,
                            const Credentials& credentials, const Presigning& presigning);

 private:
  crypto::Sha256Digest key_for(const Scope& scope, const Credentials& credentials,
                               std::string_view date);

  std::mutex mutex_;
  std::map<std::string, crypto::Sha256Digest> keys_;
};

}  // namespace aws::sigv4
