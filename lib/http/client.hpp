// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "http/attempt.hpp"
#include "http/message.hpp"
#include "http/url.hpp"
#include "retry/budget.hpp"
#include "timing/clock.hpp"

namespace http {

// What one host needs beside the system's trust (a registry with its own authority, mutual TLS).
struct HostTls {
  std::string extra_authorities{};   // PEM, trusted for this host in addition
  std::string client_certificate{};  // path, PEM; its key is in client_key
  std::string client_key{};
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // A transfer slower than 1 byte/s for this long is dead; there is no total limit for large
  // bodies.
  std::chrono::seconds stall{30};
  std::optional<std::chrono::milliseconds> total{};  // of one attempt; none: only `stall`
  std::string ca_file{};                             // empty: the system's
  std::vector<std::string> plain_http_hosts{};       // beside loopback
  int attempts = 3;                                  // the first one included
  // Asked per attempt with "host[:port]", from any thread; null for hosts with no wishes of their
  // own. What it points to must outlive the client.
  std::function<const HostTls*(const std::string& authority)> host_tls{};
  bool use_proxy = true;  // the environment's; loopback and link-local addresses never get one
  // Every request goes to this socket of this machine, by plain http and without a proxy; the host
  // in its URL is only a name then. Empty: by TCP.
  std::string unix_socket{};
};

// Signs, or adds what only this attempt may carry (a fresh date, a token); gets a copy per attempt.
using BeforeAttempt = std::function<void(Request& request)>;

// What an answer means for the caller's protocol: keep it, try again later because it is transient
// or throttled, or send again at once because the judge has put right what the server refused (a
// clock, a token, an address). That is no attempt of its own, so the judge puts each thing right
// only once. Absent from send(): judge_status() of the status alone.
enum class Verdict { keep, transient, throttled, mended };
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
  // throws unavailable when none came, refused when trying again changes nothing. A stop throws
  // unavailable.
  Response send(const Request& request, const SendOptions& options = {});

  // One attempt, no retry.
  Response send_once(const Request& request);

  // The same for callers to whom silence is an answer too: how it failed is a value.
  Attempt try_once(const Request& request);

  std::uint64_t requests_sent() const;  // attempts included
  std::stop_token stop_token() const;
  timing::Clock& clock() const;
  const ClientOptions& options() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http
