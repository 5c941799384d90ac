// SPDX-License-Identifier: Apache-2.0
//
// Requests to one registry: authorised, within the host's limits, tried again where that is right,
// and told with its own words when they fail.
#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>

#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/authorizer.hpp"
#include "oci/host_limiter.hpp"
#include "oci/tries.hpp"

namespace oci {

// One attempt, and the Authorization it carried.
struct Tried {
  http::Attempt attempt{};
  std::string authorization{};
};

// Thread-safe. The scope of a request names what its token must permit.
class Requests {
 public:
  struct Options {
    CredentialSource credentials{};
    LimiterOptions limits{};
    TryLimits tries{};
  };

  Requests(http::Client& client, std::string registry, http::Url base, Options options);

  const std::string& registry() const { return registry_; }
  const http::Url& base() const { return base_; }
  http::Client& client() { return client_; }
  HostLimiter& limiter() { return limiter_; }
  const TryLimits& tries() const { return tries_; }
  Authorizer& authorizer() { return authorizer_; }

  std::string endpoint(const std::string& repository, std::string_view rest) const;

  // The answer that stays after renewed tokens and tries again. Throws unavailable when none came.
  http::Response send(const http::Request& request, const std::string& scope);
  http::Response send(const http::Request& request, const std::string& scope, TryLimits tries);

  // The same for reads: follows redirects, without our credentials beyond the registry itself.
  http::Response follow(http::Request request, const std::string& scope);

  // One attempt for callers who decide themselves what comes next. `lasting` is how long it is
  // expected to take.
  Tried attempt(const http::Request& request, const std::string& scope,
                std::chrono::seconds lasting = {});

  // Throws what the answer means for `what`.
  [[noreturn]] void fail(const std::string& what, const http::Response& answer,
                         const std::string& scope);
  // The same for a HEAD, whose answer has no words: asks again with GET to learn them.
  [[noreturn]] void fail_head(const std::string& what, const http::Response& answer,
                              http::Request request, const std::string& scope);

  // Throws the silence an operation ended with.
  [[noreturn]] void fail(const http::Request& request, const http::Attempt& attempt) const;

 private:
  void show_warnings(const http::Response& answer);

  http::Client& client_;
  std::string registry_;
  http::Url base_;
  TryLimits tries_;
  HostLimiter limiter_;
  Authorizer authorizer_;
  std::mutex mutex_;
  std::set<std::string> shown_warnings_;
};

std::string pull_scope(const std::string& repository);
std::string push_scope(const std::string& repository);

// Bearers of our credentials must not be sent to a private host because some server said so: throws
// integrity.
void check_redirect(const http::Url& base, const http::Url& target, const std::string& what);

}  // namespace oci
