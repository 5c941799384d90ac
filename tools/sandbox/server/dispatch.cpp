// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/dispatch.hpp"

#include <fmt/core.h>

#include <array>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "json/value.hpp"
#include "sandbox/balancer/load_balancing_api.hpp"
#include "sandbox/codedeploy/codedeploy_api.hpp"
#include "sandbox/faults/injection.hpp"
#include "sandbox/fleet/auto_scaling_api.hpp"
#include "sandbox/server/fault.hpp"
#include "sandbox/server/http_error.hpp"
#include "sandbox/server/query_request.hpp"
#include "sandbox/server/signed_body.hpp"
#include "sandbox/server/token_service.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view json_type = "application/x-amz-json-1.1";
constexpr std::uint64_t largest_document = 8U << 20U;  // of a JSON or query request
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

Signature Dispatcher::verified(const Call& call) const {
  SignatureRules rules{services_.credentials, services_.world.clock.now() + call.clock_skew, {}};
  if (call.protocol == Protocol::json) rules.services = {"codedeploy"};
  if (call.protocol == Protocol::s3) rules.services = {"s3"};
  if (call.protocol == Protocol::query) {
    for (const auto& service : query_services) rules.services.push_back(service.name);
  }
  auto verdict = check_signature(call.request, rules);
  if (const auto* rejection = std::get_if<Rejection>(&verdict)) {
    throw fault_of(*rejection, call.protocol);
  }
  return std::get<Signature>(std::move(verdict));
}

Answer Dispatcher::answer_json(const Call& call) {
  verified(call);
  const auto operation = json_operation(call.request);
  const auto result = answer_codedeploy(services_.world, operation, json_body(call.request));
  Answer answer;
  answer.headers = {{"Content-Type", std::string(json_type)}};
  if (!result.is_null()) answer.body = json::write(result);
  return answer;
}

Answer Dispatcher::answer_query(const Call& call) {
  const auto signature = verified(call);
  const QueryRequest query(form_of(call.request));
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
    result =
        answer_token_service({services_.world, services_.credentials}, signature, action, query);
  }
  Answer answer;
  answer.headers = {{"Content-Type", "text/xml"}};
  answer.body =
      xml::write(query_document(action, service->xmlns, std::move(result), call.request_id));
  return answer;
}

Answer Dispatcher::answer_s3(const Call& call) {
  const auto signature = verified(call);
  const auto body = signed_body(call.body, call.request, signature);
  return objects_.answer(call.request, *body, signature.region);
}

Answer Dispatcher::answer_or_refusal(const Call& call) {
  const auto refused = [&](const Fault& fault) {
    if (call.protocol == Protocol::json) return json_error(fault);
    if (call.protocol == Protocol::query) return query_error(fault, call.request_id);
    return s3_error(fault, call.request.path, call.request_id);
  };
  try {
    if (call.protocol == Protocol::json) return answer_json(call);
    if (call.protocol == Protocol::query) return answer_query(call);
    return answer_s3(call);
  } catch (const Fault& fault) {
    return refused(fault);
  } catch (const base::Error& error) {
    // A full disk and the like: the client may try again.
    return refused(Fault(500, "InternalFailure", error.message()));
  }
}

// What a request asks for, before anything about it was checked.
Dispatcher::Name Dispatcher::name_of(const Call& call) {
  if (call.protocol == Protocol::s3) return {"s3", s3::operation_of(call.request)};
  if (call.protocol == Protocol::json) {
    const auto target = value_of(call.request.headers, "x-amz-target");
    const auto dot = target.find('.');
    return {"codedeploy", std::string(dot == std::string_view::npos ? "" : target.substr(dot + 1))};
  }
  const auto form = form_of(call.request);
  for (const auto& service : query_services) {
    if (value_of(form, "Version") != service.version) continue;
    return {std::string(service.name), std::string(value_of(form, "Action"))};
  }
  return {"", std::string(value_of(form, "Action"))};
}

Answer Dispatcher::answer_named(Call call) {
  const auto name = name_of(call);
  const auto rule = services_.faults.take(name.service, name.operation);
  if (!rule) {
    auto answer = answer_or_refusal(call);
    answer.operation = name.operation;
    return answer;
  }
  services_.world.events.write("fault", {{"service", name.service},
                                         {"operation", name.operation},
                                         {"effect", effect_of(*rule)},
                                         {"request", call.request_id}});
  if (rule->delay.count() > 0) wall_.sleep_for(rule->delay, stop_.get_token());
  call.clock_skew = rule->clock_skew;
  const FaultTarget target{call.protocol, call.request.path, call.request_id};
  auto answer = answer_under(*rule, target, [&] { return answer_or_refusal(call); });
  if (rule->clock_skew.count() != 0) {
    answer.headers.emplace_back("Date",
                                timing::http_date(services_.world.clock.now() + rule->clock_skew));
  }
  answer.operation = name.operation;
  return answer;
}

Answer Dispatcher::answer(Request& request, Body& body, std::string_view request_id) {
  auto protocol = Protocol::s3;
  Answer answer;
  try {
    if (find_value(request.headers, "x-amz-target") != nullptr || is_form(request)) {
      request.body = read_all(body, largest_document);
    }
    protocol = protocol_of(request);
    TextBody text(request.body);
    Body& rest = request.body.empty() ? body : text;
    answer = answer_named({request, rest, protocol, request_id});
  } catch (const Fault& fault) {
    answer = s3_error(fault, request.path, request_id);
  }
  answer.headers.emplace_back(protocol == Protocol::s3 ? "x-amz-request-id" : "x-amzn-RequestId",
                              request_id);
  return answer;
}

}  // namespace sandbox
