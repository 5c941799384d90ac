// SPDX-License-Identifier: Apache-2.0
#include "sandbox/faults/injection.hpp"

#include "sandbox/server/fault.hpp"
#include "sandbox/server/http_error.hpp"

namespace sandbox {
namespace {

constexpr std::string_view plain_message = "A fault of the sandbox, as it was asked for";

Answer error_answer(const Fault& fault, const FaultTarget& target) {
  if (target.protocol == Protocol::json) return json_error(fault);
  if (target.protocol == Protocol::query) return query_error(fault, target.request_id);
  return s3_error(fault, target.resource, target.request_id);
}

// S3 begins the answer of a long CompleteMultipartUpload or CopyObject with its 200 and white
// space; what goes wrong later can only be said in the body.
Answer late_error(const Fault& fault, const FaultTarget& target) {
  auto answer = error_answer(fault, target);
  answer.status = 200;
  const auto root = answer.body.find("<Error>");
  if (root != std::string::npos) answer.body.insert(root, "\n    \n");
  return answer;
}

}  // namespace

Answer answer_under(const FaultRule& rule, const FaultTarget& target,
                    const std::function<Answer()>& work) {
  const std::string message(rule.message.empty() ? std::string(plain_message) : rule.message);
  Answer answer;
  if (rule.drop == Drop::before) {
    answer.interruption.drop = true;
  } else if (rule.status != 0) {
    answer = error_answer(Fault(rule.status, rule.code, message), target);
  } else if (!rule.error_in_200.empty()) {
    answer = late_error(Fault(200, rule.error_in_200, message), target);
  } else {
    answer = work();
  }
  if (rule.drop == Drop::after) answer.interruption.drop = true;
  answer.interruption.cut = rule.cut;
  answer.headers.insert(answer.headers.end(), rule.headers.begin(), rule.headers.end());
  return answer;
}

}  // namespace sandbox
