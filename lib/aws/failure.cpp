// SPDX-License-Identifier: Apache-2.0
#include "aws/failure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

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
  for (const auto& id : {error->text_of("RequestId"), root.text_of("RequestId")}) {
    if (failure.request_id.empty()) failure.request_id = id;
  }
}

std::string code_of_status(int status) {
  switch (status) {
    case 301:
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

struct Advice {
  std::string_view code;
  std::string_view hint;
};

constexpr std::array<Advice, 27> advice{{
    {"AccessDenied",
     "allow that action on that resource for the identity in use; aws sts "
     "get-caller-identity names it"},
    {"AccessDeniedException",
     "allow that action for the identity in use; aws sts "
     "get-caller-identity names it"},
    {"Forbidden",
     "check that the credentials may do this; aws sts get-caller-identity names the "
     "identity in use"},
    {"ExpiredToken", "get fresh credentials: the session token ran out"},
    {"ExpiredTokenException", "get fresh credentials: the session token ran out"},
    {"InvalidToken", "check AWS_SESSION_TOKEN: it must belong to the access key in use"},
    {"InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID: this service does not know it"},
    {"UnrecognizedClientException",
     "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN: this service "
     "does not know them"},
    {"InvalidClientTokenId",
     "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN: this service does not "
     "know them"},
    {"MissingAuthenticationToken", "check that the address is the service's own and no proxy's"},
    {"SignatureDoesNotMatch", "check AWS_SECRET_ACCESS_KEY: it does not belong to the access key"},
    {"InvalidSignatureException", "check AWS_SECRET_ACCESS_KEY and this machine's clock"},
    {"RequestTimeTooSkewed", "set this machine's clock: it is more than 15 minutes off"},
    {"RequestExpired", "set this machine's clock"},
    {"NoSuchBucket", "check the bucket's name and the region"},
    {"NoSuchKey", "check the object's key and version"},
    {"OptInRequired", "enable the region for this account"},
    {"ThrottlingException", "run it again later: the account's request rate is used up"},
    {"Throttling", "run it again later: the account's request rate is used up"},
    {"SlowDown", "run it again later: S3 asks for fewer requests"},
    {"ApplicationDoesNotExistException", "check the application's name and the region"},
    {"DeploymentGroupDoesNotExistException", "check the deployment group's name and the region"},
    {"DeploymentConfigDoesNotExistException", "check the deployment configuration's name"},
    {"DeploymentDoesNotExistException", "check the deployment id and the region"},
    {"RevisionDoesNotExistException", "upload the bundle again"},
    {"InvalidRoleException", "check the deployment group's service role"},
    {"BadDigest", "run it again; the bytes changed on their way"},
}};

std::string hint_for(const Failure& failure) {
  if (!failure.region.empty()) {
    return fmt::format("the bucket is in {}: use that region", failure.region);
  }
  const auto known = std::find_if(advice.begin(), advice.end(),
                                  [&](const Advice& each) { return each.code == failure.code; });
  return known == advice.end() ? std::string() : std::string(known->hint);
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
  const bool elsewhere = response.status == 301 || response.status == 307 ||
                         failure.code == "AuthorizationHeaderMalformed";
  if (failure.region.empty() && elsewhere) {
    failure.region = response.headers.find("x-amz-bucket-region").value_or("");
  }
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

base::Error error_of(const Failure& failure, std::string_view what) {
  auto told = fmt::format("{}: {}", what, failure.code);
  if (!failure.message.empty()) told += ": " + failure.message;
  // The service's sentence ends with a full stop, ours goes on.
  while (told.ends_with('.')) told.pop_back();
  told += fmt::format(" (HTTP {}", failure.status);
  if (!failure.request_id.empty()) told += ", request " + failure.request_id;
  told += ")";
  return {kind_of(failure), std::move(told), hint_for(failure)};
}

}  // namespace aws
