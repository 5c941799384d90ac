// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "sandbox/s3/api.hpp"
#include "sandbox/server/background.hpp"
#include "sandbox/server/body.hpp"
#include "sandbox/server/http_message.hpp"
#include "sandbox/server/services.hpp"
#include "sandbox/server/signature_fault.hpp"
#include "timing/clock.hpp"

namespace sandbox {

// X-Amz-Target: JSON 1.1; Action=: query; all else: S3. A form's body must be in the request.
Protocol protocol_of(const Request& request);

// Finds the service a request is for, holds its signature against the body, and answers it; a
// refusal becomes an answer in the form of that service. Thread-safe.
class Dispatcher {
 public:
  explicit Dispatcher(Services services);

  // Reads as much of the body as the answer takes.
  Answer answer(Request& request, Body& body, std::string_view request_id);

  // Ends the delays of faults, so that the server can stop.
  void end_delays() { stop_.request_stop(); }

 private:
  // A request whose service is known.
  struct Call {
    Request& request;
    Body& body;
    Protocol protocol;
    std::string_view request_id;
    std::chrono::seconds clock_skew{0};
  };
  struct Name {
    std::string service;
    std::string operation;
  };

  Answer answer_named(Call call);
  Answer answer_json(const Call& call);
  Answer answer_query(const Call& call);
  Answer answer_s3(const Call& call);
  Answer answer_or_refusal(const Call& call);
  Signature verified(const Call& call) const;
  static Name name_of(const Call& call);

  Services services_;
  s3::Api objects_;
  Background background_;
  timing::SystemClock wall_;  // delays are the client's seconds, whatever the time scale
  std::stop_source stop_;
};

}  // namespace sandbox
