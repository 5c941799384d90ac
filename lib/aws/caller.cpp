// SPDX-License-Identifier: Apache-2.0
#include "aws/caller.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "text/percent.hpp"

namespace aws {
namespace {

bool is_success(const http::Response& response) {
  return response.status >= 200 && response.status < 300;
}

// The last part of "CodeDeploy_20141006.GetDeployment".
std::string_view operation_of(std::string_view target) {
  return target.substr(target.rfind('.') + 1);
}

// A 2xx that is no such document was cut short or came from something in between: not an answer of
// the service, so a rerun may help.
base::Error unreadable(std::string_view operation, const base::Error& why) {
  return {base::Kind::unavailable, fmt::format("read the answer of {}: {}", operation, why.what()),
          "check that the address is the service's own and no proxy's"};
}

// Runs one exchange; a transport's error is told with the operation that it hit.
template <typename Exchange>
auto named(std::string_view operation, const Exchange& exchange) {
  try {
    return exchange();
  } catch (const base::Error& error) {
    throw error.within(operation);
  }
}

}  // namespace

Caller::Caller(http::Client& client, Session session)
    : client_(&client), session_(std::move(session)) {}

http::Url Caller::endpoint(Service service) const {
  const auto& override_url = session_.overrides.of(service);
  return override_url ? *override_url : rule_endpoint(service, session_.region);
}

http::Response Caller::send(Service service, const http::Request& request,
                            std::string payload_hash) {
  const sigv4::Scope scope{.region = session_.region,
                           .service = std::string(signing_name(service)),
                           .path = service == Service::s3
                                       ? sigv4::PathRule::as_sent
                                       : sigv4::PathRule::normalised_twice_encoded};
  int attempt = 0;
  const auto sign = [&](http::Request& each) {
    each.headers.set("amz-sdk-request", fmt::format("attempt={}", ++attempt));
    signer_.sign(each, scope, session_.credentials->current(), payload_hash, client_->clock().now());
  };
  return client_->send(request, {.before_attempt = sign, .judge = judge});
}

Answer<json::Value> Caller::json(Service service, std::string_view target, const json::Value& input,
                                 http::Repeat repeat) {
  auto body = json::write(input);
  const auto hash = crypto::sha256_hex(body);
  const http::Request request{.method = "POST",
                              .url = endpoint(service).text(),
                              .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                                          {"X-Amz-Target", std::string(target)}},
                              .body = http::body_of(std::move(body)),
                              .repeat = repeat};
  const auto response = named(operation_of(target), [&] { return send(service, request, hash); });
  if (!is_success(response)) return failure_of(response);
  if (response.body.empty()) return json::object({});  // operations without a result
  try {
    return json::parse(response.body, "its body");
  } catch (const base::Error& error) {
    throw unreadable(operation_of(target), error);
  }
}

Answer<xml::Element> Caller::query(Service service, std::string_view action,
                                   std::string_view version, const Parameters& parameters) {
  std::string body = fmt::format("Action={}&Version={}", action, version);
  for (const auto& [name, value] : parameters) {
    body += fmt::format("&{}={}", text::percent_encode(name), text::percent_encode(value));
  }
  const auto hash = crypto::sha256_hex(body);
  const http::Request request{
      .method = "POST",
      .url = endpoint(service).text(),
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
      .body = http::body_of(std::move(body))};
  const auto response = named(action, [&] { return send(service, request, hash); });
  if (!is_success(response)) return failure_of(response);
  try {
    auto root = xml::parse(response.body, "its body");
    const auto* result = root.find(fmt::format("{}Result", action));
    if (result == nullptr) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("its body is <{}> without <{}Result>", root.name, action));
    }
    return *result;
  } catch (const base::Error& error) {
    throw unreadable(action, error);
  }
}

}  // namespace aws
