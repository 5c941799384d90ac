// SPDX-License-Identifier: Apache-2.0
#include "aws/caller.hpp"

#include <fmt/core.h>

#include "aws/exchange.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "text/percent.hpp"

namespace aws {
namespace {

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
  return endpoint_of(session_, service, session_.region);
}

Answer<http::Response> Caller::send(Service service, std::string_view operation,
                                    http::Request request, std::string_view payload_hash) {
  const Purpose purpose{.service = service, .operation = operation, .payload_hash = payload_hash};
  return named(operation, [&] {
    return Exchange({*client_, session_, signer_}, purpose).run(std::move(request));
  });
}

Answer<http::Response> Caller::send_s3(const S3Request& request) {
  const Purpose purpose{.service = Service::s3,
                        .operation = request.operation,
                        .payload_hash = request.payload_hash,
                        .object = &request};
  return named(request.operation, [&] {
    return Exchange({*client_, session_, signer_}, purpose)
        .run({.method = request.method,
              .url = {},  // made per attempt
              .headers = request.headers,
              .body = request.body,
              .repeat = request.repeat});
  });
}

Answer<json::Value> Caller::json(Service service, std::string_view target, const json::Value& input,
                                 http::Repeat repeat) {
  auto body = json::write(input);
  const auto hash = crypto::sha256_hex(body);
  http::Request request{.method = "POST",
                        .url = endpoint(service).text(),
                        .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                                    {"X-Amz-Target", std::string(target)}},
                        .body = http::body_of(std::move(body)),
                        .repeat = repeat};
  auto answer = send(service, operation_of(target), std::move(request), hash);
  if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
  const auto& response = std::get<http::Response>(answer);
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
  http::Request request{
      .method = "POST",
      .url = endpoint(service).text(),
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
      .body = http::body_of(std::move(body))};
  auto answer = send(service, action, std::move(request), hash);
  if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
  const auto& response = std::get<http::Response>(answer);
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
