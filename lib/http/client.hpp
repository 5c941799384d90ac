// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/url.hpp"
#include "retry/budget.hpp"
#include "timing/clock.hpp"

namespace http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // A transfer slower than 1 byte/s for this long is dead; there is no total limit for large bodies.
  std::chrono::seconds stall{30};
  std::optional<std::chrono::milliseconds> total{};  // of one attempt; none: only `stall`
  std::string ca_file{};                             // empty: the system's
  std::vector<std::string> plain_http_hosts{};       // beside loopback
  int attempts = 3;                                  // the first one included
};

// Signs, or adds what only this attempt may carry (a fresh date, a token); gets a copy per attempt.
using BeforeAttempt = std::function<void(Request& request)>;

// What an answer means for the caller's protocol: keep it, or try again because it is transient or
// throttled. Absent from send(): retry::standard rules on the status alone.
enum class Verdict { keep, transient, throttled };
using Judge = std::function<Verdict(const Response& response)>;

struct SendOptions {
  BeforeAttempt before_attempt{};
  Judge judge{};
};

// HTTP/1.1 over pooled libcurl handles. Redirects are never followed and certificates always
// verified. Thread-safe; as many transfers run at once as threads call send().
class Client {
 public:
  Client(timing::Clock& clock, std::stop_token stop, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends with retry: connection failures, 408, 429, 500, 502, 503, 504 (or what the judge says),
  // full jitter, Retry-After within bounds. Any answer that came is returned, 4xx and 5xx included;
  // throws unavailable when none came, internal-free errors otherwise. A stop throws unavailable.
  Response send(const Request& request, const SendOptions& options = {});

  // One attempt, no retry.
  Response send_once(const Request& request);

  std::uint64_t requests_sent() const;  // attempts included
  std::stop_token stop_token() const;
  timing::Clock& clock() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http
