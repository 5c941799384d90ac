// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "http/retry_policy.hpp"
#include "http/transfer.hpp"
#include "logging/log.hpp"
#include "retry/backoff.hpp"
#include "text/human.hpp"

namespace http {
namespace {

using std::chrono::milliseconds;

void refuse_plain_http(const Url& url, const ClientOptions& options) {
  if (url.scheme == "https" || is_loopback_host(url.host) || !options.unix_socket.empty()) return;
  const auto& allowed = options.plain_http_hosts;
  const auto named = [&](const std::string& host) {
    return host == url.host || host == url.authority();
  };
  if (std::any_of(allowed.begin(), allowed.end(), named)) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("connect to {}: plain http beyond this machine", url.origin()),
                    "use https");
}

}  // namespace

struct Client::State {
  State(timing::Clock& the_clock, std::stop_token the_stop, ClientOptions the_options)
      : clock(the_clock), stop(std::move(the_stop)), options(std::move(the_options)) {}

  timing::Clock& clock;
  std::stop_token stop;
  ClientOptions options;
  std::mutex mutex;
  std::vector<std::unique_ptr<Lane>> idle;
  std::minstd_rand random{std::random_device{}()};
  retry::Budget budget;
  std::atomic<std::uint64_t> sent{0};

  std::unique_ptr<Lane> take_lane() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Lane>();
    auto lane = std::move(idle.back());
    idle.pop_back();
    return lane;
  }

  void give_lane(std::unique_ptr<Lane> lane) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(lane));
  }

  bool may_spend(retry::Cause cause) {
    const bool granted = budget.take(cause);
    if (!granted) logging::debug("no further try: this process has used up its retry quota");
    return granted;
  }

  milliseconds wait_before(int attempt, retry::Cause cause, std::optional<milliseconds> hint) {
    const std::lock_guard lock(mutex);
    return retry::Backoff{}.before(attempt, cause, hint, random);
  }

  Attempt attempt(const Request& request) {
    const auto url = parse_url(request.url);
    refuse_plain_http(url, options);
    auto lane = take_lane();
    const auto start = clock.steady_now();
    ++sent;
    auto result = lane->perform(request, options, stop);
    // Servers close idle connections (S3 after some 5 s), which shows when the next request is
    // written: nothing is wrong with the server, so this costs neither a wait nor an attempt.
    if (result.stale && request.repeat == Repeat::safe) {
      logging::debug("{} {}: the kept connection had ended, connect again", request.method,
                     redacted(url));
      result = lane->perform(request, options, stop, Connection::fresh);
    }
    give_lane(std::move(lane));
    const auto took = std::chrono::duration_cast<milliseconds>(clock.steady_now() - start);
    logging::debug("{} {} → {} in {}", request.method, redacted(url),
                   result.response ? fmt::format("{}", result.response->status) : result.why,
                   text::human_duration(took));
    return result;
  }

  // Ends a send() for which no answer came.
  [[noreturn]] void fail(const Request& request, const Attempt& last) const {
    const auto what = fmt::format("{} {}: {}", request.method, redacted(parse_url(request.url)),
                                  last.stopped ? "interrupted" : last.why);
    if (last.failure == Failure::refused && !last.stopped) {
      throw base::Error(base::Kind::refused, what);
    }
    throw base::Error(base::Kind::unavailable, what,
                      last.failure == Failure::not_connected
                          ? "check the address and that the server is up; a rerun is safe"
                          : "");
  }
};

Client::Client(timing::Clock& clock, std::stop_token stop, ClientOptions options)
    : state_(std::make_unique<State>(clock, std::move(stop), std::move(options))) {}

Client::~Client() = default;

Response Client::send_once(const Request& request) {
  auto attempt = state_->attempt(request);
  if (!attempt.response) state_->fail(request, attempt);
  return std::move(*attempt.response);
}

Attempt Client::try_once(const Request& request) { return state_->attempt(request); }

Response Client::send(const Request& request, const SendOptions& options) {
  int last_cost = 1;
  bool first = true;
  for (int number = 1;; ++number) {
    Request current = request;
    if (options.before_attempt) options.before_attempt(current);
    if (current.restart && !std::exchange(first, false)) current.restart();
    auto attempt = state_->attempt(current);
    auto cause = retry::Cause::failure;
    std::optional<milliseconds> hint;
    if (attempt.response) {
      const auto verdict =
          options.judge ? options.judge(*attempt.response) : judge_status(attempt.response->status);
      if (verdict == Verdict::keep) {
        if (attempt.response->status < 400) state_->budget.give_back(last_cost);
        return std::move(*attempt.response);
      }
      if (verdict == Verdict::mended) {
        --number;
        continue;
      }
      if (verdict == Verdict::throttled) cause = retry::Cause::throttled;
      hint = server_hint(attempt.response->headers, state_->clock.now());
    }
    // An answer that asks to come again has not done the work; silence may have.
    const bool repeatable = attempt.response
                                ? request.repeat == Repeat::safe || cause == retry::Cause::throttled
                                : !attempt.stopped && may_repeat(attempt.failure, request.repeat);
    if (repeatable && number < state_->options.attempts && state_->may_spend(cause)) {
      last_cost = retry::Budget::cost_of(cause);
      const auto wait = state_->wait_before(number + 1, cause, hint);
      logging::debug("try {} of {} in {} ({})", number + 1, state_->options.attempts,
                     text::human_duration(wait),
                     cause == retry::Cause::throttled ? "throttled" : "transient failure");
      if (state_->clock.sleep_for(wait, state_->stop)) continue;
      attempt.stopped = true;
    }
    if (attempt.response) return std::move(*attempt.response);
    state_->fail(current, attempt);
  }
}

std::uint64_t Client::requests_sent() const { return state_->sent; }

std::stop_token Client::stop_token() const { return state_->stop; }

timing::Clock& Client::clock() const { return state_->clock; }

const ClientOptions& Client::options() const { return state_->options; }

}  // namespace http
