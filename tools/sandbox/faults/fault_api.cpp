// SPDX-License-Identifier: Apache-2.0
#include "sandbox/faults/fault_api.hpp"

#include "base/error.hpp"
#include "json/value.hpp"

namespace sandbox {
namespace {

Answer json_answer(int status, const json::Value& document) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = json::write(document)};
}

}  // namespace

Answer answer_faults(FaultPlan& faults, std::string_view method, const std::string& body) {
  if (method == "DELETE") {
    faults.clear();
    return json_answer(200, json::object({}));
  }
  if (method == "GET") {
    json::Array rules;
    for (const auto& rule : faults.rules()) rules.push_back(to_json(rule));
    return json_answer(200, json::object({{"faults", std::move(rules)}}));
  }
  if (method != "POST") return {.status = 405};
  try {
    const auto id = faults.add(fault_rule_of(json::parse(body, "the fault")));
    return json_answer(200, json::object({{"id", static_cast<std::int64_t>(id)}}));
  } catch (const base::Error& error) {
    return json_answer(400, json::object({{"message", error.message()}}));
  }
}

}  // namespace sandbox
