// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/http_error.hpp"

#include "json/value.hpp"
#include "sandbox/server/xml.hpp"

namespace sandbox {

Answer json_error(const Fault& fault) {
  Answer answer{.status = fault.status()};
  answer.headers = {{"Content-Type", "application/x-amz-json-1.1"}};
  answer.body = json::write(json::object({{"__type", fault.code()}, {"message", fault.message()}}));
  answer.error = fault.code();
  return answer;
}

Answer query_error(const Fault& fault, std::string_view request_id) {
  const auto document = xml::node(
      "ErrorResponse",
      {xml::node("Error", {xml::leaf("Type", fault.status() < 500 ? "Sender" : "Receiver"),
                           xml::leaf("Code", fault.code()), xml::leaf("Message", fault.message())}),
       xml::leaf("RequestId", request_id)});
  Answer answer{.status = fault.status()};
  answer.headers = {{"Content-Type", "text/xml"}};
  answer.body = xml::write(document);
  answer.error = fault.code();
  return answer;
}

Answer s3_error(const Fault& fault, std::string_view resource, std::string_view request_id) {
  auto document =
      xml::node("Error", {xml::leaf("Code", fault.code()), xml::leaf("Message", fault.message())});
  for (const auto& [name, value] : fault.details()) {
    document.children.push_back(xml::leaf(name, value));
  }
  document.children.push_back(xml::leaf("Resource", resource));
  document.children.push_back(xml::leaf("RequestId", request_id));
  Answer answer{.status = fault.status()};
  answer.headers = fault.headers();
  answer.headers.emplace_back("Content-Type", "application/xml");
  answer.body = xml::write_document(document);
  answer.error = fault.code();
  return answer;
}

}  // namespace sandbox
