// SPDX-License-Identifier: Apache-2.0
#include "aws/exchange.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "aws/advice.hpp"
#include "base/error.hpp"
#include "logging/log.hpp"
#include "text/human.hpp"
#include "text/percent.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

using std::chrono::seconds;

// Services take signatures that are up to 15 minutes (query and JSON services 5) old.
constexpr seconds noticeable_skew{240};

bool is_success(const http::Response& response) {
  return response.status >= 200 && response.status < 300;
}

template <std::size_t Count>
bool is_among(const std::array<std::string_view, Count>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_about_clock(std::string_view code) {
  constexpr std::array<std::string_view, 3> codes{"RequestTimeTooSkewed", "RequestExpired",
                                                  "RequestInTheFuture"};
  return is_among(codes, code);
}

// Codes of a bad signature, of which a bad clock is one cause; the last is HEAD's, without words.
bool may_be_about_clock(std::string_view code) {
  constexpr std::array<std::string_view, 4> codes{
      "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "Forbidden"};
  return is_among(codes, code);
}

bool is_about_token(std::string_view code) {
  constexpr std::array<std::string_view, 4> codes{"ExpiredToken", "ExpiredTokenException",
                                                  "InvalidToken", "TokenRefreshRequired"};
  return is_among(codes, code);
}

bool is_about_region(std::string_view code) {
  constexpr std::array<std::string_view, 3> codes{
      "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"};
  return is_among(codes, code);
}

std::string query_text(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text += text::percent_encode(name) + "=" + text::percent_encode(value);
  }
  return text;
}

}  // namespace

http::Url endpoint_of(const Session& session, Service service, std::string_view region) {
  const auto& override_url = session.overrides.of(service);
  if (!override_url) return rule_endpoint(service, region, session.variant);
  if (session.variant.fips && !http::is_loopback_host(override_url->host)) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("call {} at {}: a FIPS endpoint is asked for and an address given",
                    signing_name(service), override_url->origin()),
        "unset AWS_USE_FIPS_ENDPOINT, or the address");
  }
  return *override_url;
}

Exchange::Exchange(const Party& party, const Purpose& purpose)
    : party_(party), purpose_(purpose), region_(party.session.region) {
  if (purpose_.object == nullptr) return;
  region_ = party_.session.corrections->find_region(purpose_.object->bucket).value_or(region_);
}

Answer<http::Response> Exchange::run(http::Request request) {
  if (purpose_.object != nullptr) request.url = url();
  auto response = party_.client.send(
      request, {.before_attempt = [this](http::Request& each) { prepare(each); },
                .judge = [this](const http::Response& each) { return judge(each); }});
  if (!is_success(response)) return refusal(response);
  if (!is_late_error_possible()) return response;
  if (is_late_error(response)) return refusal(response);
  if (judge_late(response) != http::Verdict::keep) {
    throw base::Error(base::Kind::unavailable, "the answer was cut short, time after time",
                      "run it again: nobody knows whether it was done");
  }
  return response;
}

std::string Exchange::url() const {
  const auto& object = *purpose_.object;
  auto url = object_url(endpoint_of(party_.session, Service::s3, region_),
                        party_.session.s3_addressing, object.bucket, object.key);
  url.query = query_text(object.query);
  return url.text();
}

sigv4::Scope Exchange::scope() const {
  return {.region = region_,
          .service = std::string(signing_name(purpose_.service)),
          .path = purpose_.service == Service::s3 ? sigv4::PathRule::as_sent
                                                  : sigv4::PathRule::normalised_twice_encoded};
}

timing::SystemTime Exchange::now() const { return party_.client.clock().now() + offset_; }

void Exchange::prepare(http::Request& request) {
  if (purpose_.object != nullptr) request.url = url();
  request.headers.set("amz-sdk-request", fmt::format("attempt={}; max={}", ++attempt_,
                                                     party_.client.options().attempts));
  offset_ = party_.session.corrections->clock_offset();
  used_ = party_.session.credentials->current();
  canonical_request_ =
      party_.signer.sign(request, scope(), used_, purpose_.payload_hash, now()).canonical_request;
}

http::Verdict Exchange::judge(const http::Response& response) {
  if (is_success(response)) {
    return is_late_error_possible() ? judge_late(response) : http::Verdict::keep;
  }
  const auto failure = failure_of(response);
  if (mend_clock(failure, response) || mend_token(failure, response) ||
      mend_region(failure, response)) {
    --attempt_;
    return http::Verdict::mended;
  }
  return aws::judge(response);
}

bool Exchange::is_late_error_possible() const {
  return purpose_.object != nullptr && purpose_.object->late_error == LateError::possible;
}

bool Exchange::mend_clock(const Failure& failure, const http::Response& response) {
  const bool certain = is_about_clock(failure.code);
  if (clock_mended_ || !(certain || may_be_about_clock(failure.code))) return false;
  const auto date = timing::find_http_date(response.headers.find("Date").value_or(""));
  if (!date) return false;
  const auto offset = std::chrono::round<seconds>(*date - party_.client.clock().now());
  const auto change = offset - offset_;
  if (change < seconds(10) && change > seconds(-10)) return false;
  if (!certain && change < noticeable_skew && change > -noticeable_skew) return false;
  clock_mended_ = true;
  if (party_.session.corrections->set_clock_offset(offset)) {
    logging::warning("this machine's clock is {} {}: requests are signed with the service's time",
                     text::human_duration(offset < seconds(0) ? -offset : offset),
                     offset < seconds(0) ? "fast" : "slow");
  }
  return true;
}

bool Exchange::mend_token(const Failure& failure, const http::Response& response) {
  // An answer to HEAD has no words: S3 says 400 for a token that ran out.
  const bool silent = purpose_.object != nullptr && purpose_.object->method == "HEAD" &&
                      response.status == 400 && !used_.session_token.empty() &&
                      response.headers.find("x-amz-bucket-region").value_or(region_) == region_;
  if (token_mended_ || !(is_about_token(failure.code) || silent)) return false;
  token_mended_ = true;
  if (!party_.session.credentials->renew(used_)) return false;
  logging::debug("{}: {}, sent again with fresh credentials", purpose_.operation, failure.code);
  return true;
}

bool Exchange::mend_region(const Failure& failure, const http::Response& response) {
  if (purpose_.object == nullptr || region_mended_) return false;
  const int status = response.status;
  const bool silent = purpose_.object->method == "HEAD" && (status == 301 || status == 400);
  if (status != 301 && status != 302 && status != 307 && !silent &&
      !is_about_region(failure.code)) {
    return false;
  }
  region_mended_ = true;
  const auto region = find_bucket_region(failure, response);
  // It goes into a host name that gets a session token.
  if (region == region_ || !is_region_name(region) ||
      partition_of(region) != partition_of(party_.session.region)) {
    return false;
  }
  logging::debug("bucket {} is in {}, not in {}", purpose_.object->bucket, region, region_);
  party_.session.corrections->set_region(purpose_.object->bucket, region);
  region_ = region;
  return true;
}

std::string Exchange::find_bucket_region(const Failure& failure, const http::Response& response) {
  if (const auto told = response.headers.find("x-amz-bucket-region")) return *told;
  if (!failure.region.empty()) return failure.region;
  const S3Request bucket{
      .operation = "HeadBucket", .method = "HEAD", .bucket = purpose_.object->bucket};
  Exchange asking(party_,
                  {.service = Service::s3, .operation = bucket.operation, .object = &bucket});
  http::Request request{.method = "HEAD", .url = {}};
  asking.prepare(request);
  try {
    return party_.client.send_once(request).headers.find("x-amz-bucket-region").value_or("");
  } catch (const base::Error& error) {
    logging::debug("ask for the region of bucket {}: {}", bucket.bucket, error.message());
    return {};
  }
}

Failure Exchange::refusal(const http::Response& response) const {
  auto failure = failure_of(response);
  failure.asked_region = region_;
  if (!failure.canonical_request.empty()) {
    failure.difference = canonical_difference(canonical_request_, failure.canonical_request);
  }
  if (purpose_.object == nullptr) {
    failure.action = fmt::format("{}:{}", signing_name(purpose_.service), purpose_.operation);
    return failure;
  }
  const auto& object = *purpose_.object;
  failure.action = s3_action(purpose_.operation);
  failure.resource = fmt::format("arn:{}:s3:::{}{}{}", partition_of(region_), object.bucket,
                                 object.key.empty() ? "" : "/", object.key);
  return failure;
}

}  // namespace aws
