// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>

#include "http/attempt.hpp"
#include "http/client.hpp"
#include "http/message.hpp"

namespace http {

enum class Connection { kept_or_new, fresh };

// A connection pool of its own that carries one transfer at a time.
class Lane {
 public:
  Lane();
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // A stop ends the transfer at once, wherever it is. Exceptions of the request's own callbacks
  // come out here.
  Attempt perform(const Request& request, const ClientOptions& options, std::stop_token stop,
                  Connection connection = Connection::kept_or_new);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace http
