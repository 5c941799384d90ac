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
  std::string region{};  // the bucket's own, when S3 told it
};

// Reads a JSON or XML error answer; never throws, whatever the body is.
Failure failure_of(const http::Response& response);

// For http::Client: transient and throttled answers by status and by whole error code.
// CodeDeploy's DeploymentLimitExceededException is no throttle, though LimitExceededException is.
http::Verdict judge(const http::Response& response);

bool is_throttle(std::string_view code);

// "<what>: <code>: <message> (HTTP 403, request 4442587FB7D0A2F9)", with the kind that its code
// belongs to: environment for credentials, clock and region, unavailable for throttling and 5xx,
// refused for the rest; with a hint for the frequent ones.
base::Error error_of(const Failure& failure, std::string_view what);

}  // namespace aws
