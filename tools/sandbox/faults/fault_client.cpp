// SPDX-License-Identifier: Apache-2.0
#include "sandbox/faults/fault_client.hpp"

#include <fmt/core.h>
#include <httplib.h>

#include "base/error.hpp"
#include "json/field.hpp"
#include "sandbox/faults/fault_api.hpp"

namespace sandbox {
namespace {

constexpr const char* path = "/_sandbox/faults";
constexpr time_t limit_seconds = 10;

json::Value checked(const httplib::Result& result, const Endpoints& endpoints) {
  if (!result) {
    throw base::Error(base::Kind::unavailable,
                      fmt::format("reach the sandbox at {}: {}", endpoints.api,
                                  httplib::to_string(result.error())));
  }
  if (result->status == 200) return json::parse(result->body, "answer of the sandbox");
  if (result->status == 400) {
    const auto document = json::parse(result->body, "answer of the sandbox");
    const json::Field root(document, "answer of the sandbox");
    throw base::Error(base::Kind::usage, root["message"].string(),
                      "see deploy-sandbox fault add --help");
  }
  throw base::Error(base::Kind::refused, fmt::format("change the faults of the sandbox at {}: {}",
                                                     endpoints.api, result->status));
}

httplib::Client client_of(const Endpoints& endpoints) {
  httplib::Client client(endpoints.api);
  client.set_read_timeout(limit_seconds);
  client.set_default_headers({{std::string(control_header), endpoints.control_token}});
  return client;
}

}  // namespace

std::uint64_t add_fault(const Endpoints& endpoints, const FaultRule& rule) {
  auto client = client_of(endpoints);
  const auto answer =
      checked(client.Post(path, json::write(to_json(rule)), "application/json"), endpoints);
  const json::Field root(answer, "answer of the sandbox");
  return static_cast<std::uint64_t>(root["id"].integer());
}

std::vector<FaultRule> list_faults(const Endpoints& endpoints) {
  auto client = client_of(endpoints);
  const auto answer = checked(client.Get(path), endpoints);
  std::vector<FaultRule> rules;
  for (const auto& document : *answer.find("faults")->find_array()) {
    rules.push_back(fault_rule_of(document));
  }
  return rules;
}

void clear_faults(const Endpoints& endpoints) {
  auto client = client_of(endpoints);
  checked(client.Delete(path), endpoints);
}

}  // namespace sandbox
