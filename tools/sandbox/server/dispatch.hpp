// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sandbox/s3/api.hpp"
#include "sandbox/server/background.hpp"
#include "sandbox/server/http_message.hpp"
#include "sandbox/server/services.hpp"
#include "sandbox/server/signature_fault.hpp"

namespace sandbox {

// X-Amz-Target: JSON 1.1; Action=: query; all else: S3.
Protocol protocol_of(const Request& request);

// Finds the service a request is for, holds its signature against the body, and answers it; a
// refusal becomes an answer in the form of that service. Thread-safe.
class Dispatcher {
 public:
  explicit Dispatcher(Services services);

  Answer answer(const Request& request, std::string_view request_id);

 private:
  Answer answer_json(const Request& request);
  Answer answer_query(const Request& request, std::string_view request_id);
  Answer answer_s3(Request request);
  Signature verified(const Request& request, Protocol protocol) const;

  Services services_;
  s3::Api objects_;
  Background background_;
};

}  // namespace sandbox
