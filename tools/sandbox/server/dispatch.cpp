// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/dispatch.hpp"

#include <fmt/core.h>

#include <array>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "json/value.hpp"
#include "sandbox/balancer/load_balancing_api.hpp"
#include "sandbox/codedeploy/codedeploy_api.hpp"
#include "sandbox/fleet/auto_scaling_api.hpp"
#include "sandbox/server/aws_chunked.hpp"
#include "sandbox/server/fault.hpp"
#include "sandbox/server/http_error.hpp"
#include "sandbox/server/query_request.hpp"
#include "sandbox/server/token_service.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view json_type = "application/x-amz-json-1.1";
constexpr std::string_view codedeploy_prefix = "CodeDeploy_20141006.";

struct QueryService {
  std::string_view name;  // as credential scopes have it
  std::string_view version;
  std::string_view xmlns;
};

constexpr std::array query_services{
    QueryService{"elasticloadbalancing", "2015-12-01", load_balancing_namespace},
    QueryService{"autoscaling", "2011-01-01", auto_scaling_namespace},
    QueryService{"sts", "2011-06-15", token_service_namespace},
};

bool is_form(const Request& request) {
  return request.method == "POST" &&
         value_of(request.headers, "content-type").starts_with(form_type);
}

Pairs form_of(const Request& request) {
  auto parameters = decode_query(request.query);
  if (is_form(request)) {
    auto form = decode_query(request.body, Plus::space);
    parameters.insert(parameters.end(), form.begin(), form.end());
  }
  return parameters;
}

std::string json_operation(const Request& request) {
  std::string target(value_of(request.headers, "x-amz-target"));
  if (!target.starts_with(codedeploy_prefix)) {
    throw Fault(400, "UnknownOperationException",
                fmt::format("the sandbox has no JSON service for {}", target));
  }
  return target.substr(codedeploy_prefix.size());
}

json::Value json_body(const Request& request) {
  if (request.body.empty()) return json::object({});
  try {
    auto body = json::parse(request.body, "the request");
    if (body.find_object() != nullptr) return body;
  } catch (const base::Error& error) {
    throw Fault(400, "SerializationException", error.message());
  }
  throw Fault(400, "SerializationException", "the request is not a JSON object");
}

xml::Element query_document(std::string_view action, std::string_view xmlns, QueryResult result,
                            std::string_view request_id) {
  auto response = xml::node(fmt::format("{}Response", action), {}, xmlns);
  if (result) {
    response.children.push_back(xml::node(fmt::format("{}Result", action), *std::move(result)));
  }
  response.children.push_back(xml::node("ResponseMetadata", {xml::leaf("RequestId", request_id)}));
  return response;
}

bool is_digest(std::string_view payload) {
  return payload.size() == 64 && text::is_lower_hex(payload);
}

// Holds the body against what its signature said about it, and takes the chunks of a chunked one
// apart.
void open_payload(Request& request, const Signature& signature) {
  const auto& payload = signature.payload;
  if (payload == unsigned_payload) return;
  if (is_digest(payload)) {
    const auto computed = crypto::sha256_hex(request.body);
    if (computed == payload) return;
    throw Fault(400, "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                {{"ClientComputedContentSHA256", payload}, {"S3ComputedContentSHA256", computed}});
  }
  if (payload != chunked_signed && payload != chunked_unsigned) {
    throw Fault(400, "InvalidArgument",
                fmt::format("x-amz-content-sha256 must be {}, {}, {} or a sha256 value",
                            unsigned_payload, chunked_signed, chunked_unsigned));
  }
  auto body = decode_aws_chunked(request.body, signature);
  const auto length = value_of(request.headers, "x-amz-decoded-content-length");
  if (text::find_number(length) != body.bytes.size()) {
    throw Fault(400, "IncompleteBody",
                "x-amz-decoded-content-length is not the length of the chunks");
  }
  request.body = std::move(body.bytes);
  for (auto& trailer : body.trailers) request.headers.push_back(std::move(trailer));
}

}  // namespace

Protocol protocol_of(const Request& request) {
  if (find_value(request.headers, "x-amz-target") != nullptr) return Protocol::json;
  if (request.path == "/" && find_value(form_of(request), "Action") != nullptr) {
    return Protocol::query;
  }
  return Protocol::s3;
}

Dispatcher::Dispatcher(Services services)
    : services_(std::move(services)),
      objects_(services_.objects,
               {.account = services_.world.account_id, .region = services_.world.region}) {}

Signature Dispatcher::verified(const Request& request, Protocol protocol) const {
  SignatureRules rules{services_.credentials, services_.world.clock.now(), {}};
  if (protocol == Protocol::json) rules.services = {"codedeploy"};
  if (protocol == Protocol::s3) rules.services = {"s3"};
  if (protocol == Protocol::query) {
    for (const auto& service : query_services) rules.services.push_back(service.name);
  }
  auto verdict = check_signature(request, rules);
  if (const auto* rejection = std::get_if<Rejection>(&verdict)) {
    throw fault_of(*rejection, protocol);
  }
  return std::get<Signature>(std::move(verdict));
}

Answer Dispatcher::answer_json(const Request& request) {
  verified(request, Protocol::json);
  const auto operation = json_operation(request);
  const auto result = answer_codedeploy(services_.world, operation, json_body(request));
  Answer answer;
  answer.operation = operation;
  answer.headers = {{"Content-Type", std::string(json_type)}};
  if (!result.is_null()) answer.body = json::write(result);
  return answer;
}

Answer Dispatcher::answer_query(const Request& request, std::string_view request_id) {
  const auto signature = verified(request, Protocol::query);
  const QueryRequest query(form_of(request));
  const auto action = query.required("Action");
  const auto* service = query_services.data();
  while (service->name != signature.service) ++service;
  if (query.required("Version") != service->version) {
    throw Fault(400, "InvalidAction",
                fmt::format("Could not find operation {} for version {}", action,
                            query.required("Version")));
  }
  QueryResult result;
  if (service->name == "elasticloadbalancing") {
    result = answer_load_balancing(services_.world, services_.balancer, action, query);
  } else if (service->name == "autoscaling") {
    AutoScaling scaling{services_.world, services_.fleet, services_.balancer, background_};
    result = answer_auto_scaling(scaling, action, query);
  } else {
    result = answer_token_service(services_.world, action);
  }
  Answer answer;
  answer.operation = action;
  answer.headers = {{"Content-Type", "text/xml"}};
  answer.body = xml::write(query_document(action, service->xmlns, std::move(result), request_id));
  return answer;
}

Answer Dispatcher::answer_s3(Request request) {
  const auto signature = verified(request, Protocol::s3);
  open_payload(request, signature);
  return objects_.answer(request);
}

Answer Dispatcher::answer(const Request& request, std::string_view request_id) {
  const auto protocol = protocol_of(request);
  const auto refused = [&](const Fault& fault) {
    if (protocol == Protocol::json) return json_error(fault);
    if (protocol == Protocol::query) return query_error(fault, request_id);
    return s3_error(fault, request.path, request_id);
  };
  try {
    if (protocol == Protocol::json) return answer_json(request);
    if (protocol == Protocol::query) return answer_query(request, request_id);
    return answer_s3(request);
  } catch (const Fault& fault) {
    return refused(fault);
  } catch (const base::Error& error) {
    // A full disk and the like: the client may try again.
    return refused(Fault(500, "InternalFailure", error.message()));
  }
}

}  // namespace sandbox
