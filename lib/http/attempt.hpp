// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"

namespace http {

// How an attempt without an answer failed.
enum class Failure {
  not_connected,  // nothing was sent: any request may be tried again
  broken,         // sent, and nobody knows whether it arrived
  refused         // a certificate, a cap, a malformed answer: trying again changes nothing
};

// One attempt's end: an answer, or how it failed.
struct Attempt {
  std::optional<Response> response{};
  Failure failure = Failure::broken;
  std::string why{};  // curl's words when there is no response
  bool stopped = false;
  bool stale = false;  // broken on a connection kept from before, without a byte of an answer
};

}  // namespace http
