// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/endpoint.hpp"
#include "aws/failure.hpp"
#include "aws/session.hpp"
#include "aws/sigv4.hpp"
#include "aws/xml.hpp"
#include "http/client.hpp"
#include "json/value.hpp"

namespace aws {

template <typename T>
using Answer = std::variant<T, Failure>;

using Parameters = std::vector<std::pair<std::string, std::string>>;

// CompleteMultipartUpload and CopyObject begin their 200 before the work is done, keep the
// connection alive with white space, and may end in an <Error>.
enum class LateError { no, possible };

// A request about an object or a bucket. It has no address: Caller makes it, and makes another when
// S3 says that the bucket is in another region.
struct S3Request {
  std::string operation;  // "PutObject": names the missing permission when access is denied
  std::string method = "GET";
  std::string bucket{};
  std::string key{};   // as it is called, not encoded; empty: the bucket itself
  Parameters query{};  // not encoded; {"uploads", ""} is sent as "uploads="
  http::Headers headers{};
  std::optional<http::Body> body{};
  std::string payload_hash{};  // SHA-256 in hex or sigv4::unsigned_payload; empty: of no body
  LateError late_error = LateError::no;
  http::Repeat repeat = http::Repeat::safe;
};

// Signs, sends and decodes. Each attempt is signed anew, so a retry carries a fresh date. A clock
// that is off, a token that ran out and a bucket in another region are put right once per call, and
// remembered for the session. Thread-safe.
class Caller {
 public:
  Caller(http::Client& client, Session session);

  // A 2xx answer, else what S3 refused, 304 and 412 included: an answer to HEAD has no words, its
  // code is from the status (NotFound, Forbidden, PreconditionFailed). Follows one redirect to the
  // bucket's region and remembers it. Throws unavailable, with the operation, when no answer came.
  Answer<http::Response> send_s3(const S3Request& request);

  // JSON 1.1: `target` is "CodeDeploy_20141006.GetDeployment". Throws unavailable when no answer
  // came or a 2xx could not be read; what the service refused is the value.
  Answer<json::Value> json(Service service, std::string_view target, const json::Value& input,
                           http::Repeat repeat = http::Repeat::safe);

  // Query protocol: the element <ActionResult> of the answer.
  Answer<xml::Element> query(Service service, std::string_view action, std::string_view version,
                             const Parameters& parameters);

  // The service's address: an override, else the region's.
  http::Url endpoint(Service service) const;
  const Session& session() const { return session_; }
  http::Client& client() const { return *client_; }

 private:
  Answer<http::Response> send(Service service, std::string_view operation, http::Request request,
                              std::string_view payload_hash);

  http::Client* client_;
  Session session_;
  sigv4::Signer signer_;
};

// The value of an answer, or error_of() its failure thrown.
template <typename T>
T value_or_throw(Answer<T> answer, std::string_view what) {
  if (const auto* failure = std::get_if<Failure>(&answer)) throw error_of(*failure, what);
  return std::get<T>(std::move(answer));
}

}  // namespace aws
