// SPDX-License-Identifier: Apache-2.0
#include "aws/failure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "aws/advice.hpp"
#include "aws/xml.hpp"
#include "json/value.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::size_t most_message = 600;

// "com.amazonaws.codedeploy#ThrottlingException:http://…" is ThrottlingException.
std::string short_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  const auto hash = code.rfind('#');
  return std::string(hash == std::string_view::npos ? code : code.substr(hash + 1));
}

std::string string_member(const json::Value& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->find_string();
  return text == nullptr ? std::string() : *text;
}

void read_json(std::string_view body, Failure& failure) {
  try {
    const auto document = json::parse(body, "an error answer");
    failure.code = short_code(string_member(document, "__type"));
    if (failure.code.empty()) failure.code = short_code(string_member(document, "code"));
    failure.message = string_member(document, "message");
    if (failure.message.empty()) failure.message = string_member(document, "Message");
  } catch (const base::Error&) {
    failure.message = std::string(body);  // a proxy's words are better than none
  }
}

// S3: <Error><Code>…; query services: <ErrorResponse><Error><Code>…</Error><RequestId>….
void read_xml(const xml::Element& root, Failure& failure) {
  const auto* error = root.name == "Error" ? &root : root.find("Error");
  if (error == nullptr) {
    const auto* list = root.find("Errors");
    error = list == nullptr ? nullptr : list->find("Error");
  }
  if (error == nullptr) return;
  failure.code = error->text_of("Code");
  failure.message = error->text_of("Message");
  failure.region = error->text_of("Region");
  failure.host_id = error->text_of("HostId");
  failure.canonical_request = error->text_of("CanonicalRequest");
  for (const auto& id : {error->text_of("RequestId"), root.text_of("RequestId")}) {
    if (failure.request_id.empty()) failure.request_id = id;
  }
}

// JSON and query services put both texts into the message:
//   The Canonical String for this request should have been\n'GET\n/…'\n\nThe String-to-Sign …
void take_canonical_request(Failure& failure) {
  const auto begin = failure.message.find("The Canonical String for this request");
  if (begin == std::string::npos) return;
  const auto told = text::cut(std::string_view(failure.message).substr(begin), "\n'");
  if (told) {
    failure.canonical_request = std::string(told->second.substr(0, told->second.find("'\n")));
  }
  failure.message = std::string(text::trim(failure.message.substr(0, begin)));
}

std::string code_of_status(int status) {
  switch (status) {
    case 301:
    case 302:
    case 307:
      return "PermanentRedirect";
    case 400:
      return "BadRequest";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return "Conflict";
    case 412:
      return "PreconditionFailed";
    case 429:
      return "TooManyRequests";
    case 500:
      return "InternalError";
    case 503:
      return "ServiceUnavailable";
    default:
      return fmt::format("HTTP{}", status);
  }
}

template <std::size_t Count>
bool is_among(const std::array<std::string_view, Count>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_transient(std::string_view code) {
  constexpr std::array<std::string_view, 6> codes{
      "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete",
      "InternalError",  "ServiceUnavailable",      "IDPCommunicationError"};
  return is_among(codes, code);
}

// What a person has to put right on this side before anything can work.
bool is_about_us(std::string_view code) {
  constexpr std::array<std::string_view, 20> codes{"ExpiredToken",
                                                   "ExpiredTokenException",
                                                   "InvalidToken",
                                                   "InvalidAccessKeyId",
                                                   "UnrecognizedClientException",
                                                   "InvalidClientTokenId",
                                                   "MissingAuthenticationToken",
                                                   "MissingAuthenticationTokenException",
                                                   "SignatureDoesNotMatch",
                                                   "InvalidSignatureException",
                                                   "IncompleteSignature",
                                                   "IncompleteSignatureException",
                                                   "RequestTimeTooSkewed",
                                                   "RequestExpired",
                                                   "AuthorizationHeaderMalformed",
                                                   "PermanentRedirect",
                                                   "OptInRequired",
                                                   "TokenRefreshRequired",
                                                   "NotSignedUp",
                                                   "AuthFailure"};
  return is_among(codes, code);
}

base::Kind kind_of(const Failure& failure) {
  if (is_about_us(failure.code)) return base::Kind::environment;
  if (is_throttle(failure.code) || is_transient(failure.code) || failure.status == 429 ||
      failure.status >= 500) {
    return base::Kind::unavailable;
  }
  return base::Kind::refused;
}

}  // namespace

Failure failure_of(const http::Response& response) {
  Failure failure{.status = response.status};
  const auto body = text::trim(response.body);
  if (body.starts_with('<')) {
    if (const auto root = xml::find_parsed(body)) read_xml(*root, failure);
  } else if (!body.empty()) {
    read_json(body, failure);
  }
  // awsQueryCompatible and REST services also say it in a header.
  if (failure.code.empty()) {
    failure.code = short_code(response.headers.find("x-amzn-ErrorType").value_or(""));
  }
  if (failure.code.empty()) failure.code = code_of_status(response.status);
  for (const auto name : {"x-amzn-RequestId", "x-amz-request-id"}) {
    if (failure.request_id.empty()) failure.request_id = response.headers.find(name).value_or("");
  }
  if (failure.host_id.empty()) {
    failure.host_id = response.headers.find("x-amz-id-2").value_or("");
  }
  const bool elsewhere = (response.status >= 300 && response.status < 400) ||
                         failure.code == "AuthorizationHeaderMalformed";
  if (failure.region.empty() && elsewhere) {
    failure.region = response.headers.find("x-amz-bucket-region").value_or("");
  }
  take_canonical_request(failure);
  if (failure.message.size() > most_message) failure.message.resize(most_message);
  return failure;
}

bool is_throttle(std::string_view code) {
  constexpr std::array<std::string_view, 14> codes{"Throttling",
                                                   "ThrottlingException",
                                                   "ThrottledException",
                                                   "RequestThrottled",
                                                   "RequestThrottledException",
                                                   "TooManyRequests",
                                                   "TooManyRequestsException",
                                                   "ProvisionedThroughputExceededException",
                                                   "TransactionInProgressException",
                                                   "RequestLimitExceeded",
                                                   "BandwidthLimitExceeded",
                                                   "LimitExceededException",
                                                   "SlowDown",
                                                   "EC2ThrottledException"};
  return is_among(codes, code);
}

http::Verdict judge(const http::Response& response) {
  const int status = response.status;
  if (status < 400) return http::Verdict::keep;
  const auto code = failure_of(response).code;
  if (is_throttle(code) || status == 429) return http::Verdict::throttled;
  const bool gateway = status == 500 || status == 502 || status == 503 || status == 504;
  return gateway || is_transient(code) ? http::Verdict::transient : http::Verdict::keep;
}

bool is_late_error(const http::Response& response) {
  const auto root = xml::find_parsed(text::trim(response.body));
  return root && root->name == "Error";
}

http::Verdict judge_late(const http::Response& response) {
  if (response.status != 200) return judge(response);
  const auto root = xml::find_parsed(text::trim(response.body));
  if (!root) return http::Verdict::transient;  // cut short: nobody knows what became of the work
  if (root->name != "Error") return http::Verdict::keep;
  const auto code = root->text_of("Code");
  if (is_throttle(code)) return http::Verdict::throttled;
  return is_transient(code) ? http::Verdict::transient : http::Verdict::keep;
}

base::Error error_of(const Failure& failure, std::string_view what) {
  auto told = fmt::format("{}: {}", what, failure.code);
  if (!failure.message.empty()) told += ": " + failure.message;
  // The service's sentence ends with a full stop, ours goes on.
  while (told.ends_with('.')) told.pop_back();
  told += fmt::format(" (HTTP {}", failure.status);
  if (!failure.request_id.empty()) told += ", request " + failure.request_id;
  if (!failure.host_id.empty()) told += ", host id " + failure.host_id;
  told += ")";
  return {kind_of(failure), std::move(told), hint_for(failure)};
}

}  // namespace aws
