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

// Signs, sends and decodes. Each attempt is signed anew, so a retry carries a fresh date.
// Thread-safe as far as http::Client is.
class Caller {
 public:
  Caller(http::Client& client, Session session);

  // A request whose url is complete. `payload_hash` is the body's SHA-256 in hex, or
  // sigv4::unsigned_payload; empty: of no body.
  http::Response send(Service service, const http::Request& request, std::string payload_hash = {});

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
