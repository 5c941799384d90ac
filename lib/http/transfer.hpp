// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "http/client.hpp"
#include "http/message.hpp"
#include "http/retry_policy.hpp"

namespace http {

// One attempt's end: an answer, or how it failed.
struct Attempt {
  std::optional<Response> response{};
  Failure failure = Failure::broken;
  std::string why{};  // curl's words when there is no response
  bool stopped = false;
};

// A connection pool of its own that carries one transfer at a time.
class Lane {
 public:
  Lane();
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // A stop ends the transfer at once, wherever it is. Exceptions of the request's own callbacks come
  // out here.
  Attempt perform(const Request& request, const ClientOptions& options, std::stop_token stop);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace http
