// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aws/endpoint.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "http/message.hpp"

namespace aws {

// What a service said instead of doing it.
struct Failure {
  int status = 0;
  std::string code{};  // "NoSuchBucket"; from the status when the answer carries none, as for HEAD
  std::string message{};
  std::string request_id{};
  std::string host_id{};            // S3's x-amz-id-2, which its support asks for
  std::string region{};             // the bucket's own, when S3 told it
  std::string canonical_request{};  // as the service read it, when a signature did not match

  // What was asked, when Caller knows it.
  std::string action{};        // "s3:PutObject", the permission that it takes
  std::string resource{};      // "arn:aws:s3:::bucket/key"
  std::string asked_region{};  // signed for
  std::string difference{};    // between the canonical requests, one line
};

// Reads a JSON or XML error answer; never throws, whatever the body is.
Failure failure_of(const http::Response& response);

// For http::Client: transient and throttled answers by status and by whole error code.
// CodeDeploy's DeploymentLimitExceededException is no throttle, though LimitExceededException is.
http::Verdict judge(const http::Response& response);

// The same for an answer that may be a 200 with an <Error>; one that cannot be read is transient.
http::Verdict judge_late(const http::Response& response);

// Whether a 200 has an <Error> for its body.
bool is_late_error(const http::Response& response);

bool is_throttle(std::string_view code);

// "<what>: <code>: <message> (HTTP 403, request 4442587FB7D0A2F9, host id …)", with the kind that
// its code belongs to: environment for credentials, clock and region, unavailable for throttling
// and 5xx, refused for the rest; with a hint for the frequent ones.
base::Error error_of(const Failure& failure, std::string_view what);

}  // namespace aws
