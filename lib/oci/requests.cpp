// SPDX-License-Identifier: Apache-2.0
#include "oci/requests.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "http/retry_policy.hpp"
#include "logging/log.hpp"
#include "oci/failure.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr int most_redirects = 5;
constexpr int most_renewals = 2;
constexpr std::size_t most_warnings = 20;
constexpr std::size_t longest_warning = 500;
constexpr std::uint64_t words_cap = 64U << 10U;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The text of `299 - "text"` (distribution-spec, "Warnings"); empty for other codes.
std::string text_of_warning(std::string_view value) {
  const std::string_view trimmed = text::trim(value);
  if (!trimmed.starts_with("299 ")) return {};
  const auto opened = text::cut(trimmed, "\"");
  if (!opened) return {};
  return std::string(opened->second.substr(0, opened->second.rfind('"')))
      .substr(0, longest_warning);
}

}  // namespace

std::string pull_scope(const std::string& repository) {
  return "repository:" + repository + ":pull";
}

std::string push_scope(const std::string& repository) {
  return "repository:" + repository + ":pull,push";
}

void check_redirect(const http::Url& base, const http::Url& target, const std::string& what) {
  if (target.host == base.host || !is_private_address(target.host)) return;
  throw base::Error(base::Kind::integrity, fmt::format("{}: {} points to {}, a private address",
                                                       what, base.authority(), target.authority()));
}

Requests::Requests(http::Client& client, std::string registry, http::Url base, Options options)
    : client_(client),
      registry_(std::move(registry)),
      base_(std::move(base)),
      tries_(options.tries),
      limiter_(client.clock(), client.stop_token(), registry_, options.limits),
      authorizer_(client, base_, std::move(options.credentials)) {}

std::string Requests::endpoint(const std::string& repository, std::string_view rest) const {
  return fmt::format("{}/v2/{}/{}", base_.origin(), repository, rest);
}

Tried Requests::attempt(const http::Request& request, const std::string& scope,
                        std::chrono::seconds lasting) {
  Tried tried;
  http::Request authorised = request;
  if (http::parse_url(request.url).same_origin(base_)) {
    tried.authorization = authorizer_.header(scope, lasting);
    if (!tried.authorization.empty()) {
      authorised.headers.set("Authorization", tried.authorization);
    }
  }
  const auto counts = request.sink ? HostLimiter::Counts::no : HostLimiter::Counts::yes;
  const auto place = limiter_.enter(counts);
  tried.attempt = client_.try_once(authorised);
  if (!tried.attempt.response) return tried;
  const http::Response& answer = *tried.attempt.response;
  if (answer.status == 429 || answer.status == 503) {
    limiter_.throttled(place);
  } else if (answer.status < 500) {
    limiter_.succeeded(place);
  }
  show_warnings(answer);
  return tried;
}

http::Response Requests::send(const http::Request& request, const std::string& scope) {
  return send(request, scope, tries_);
}

http::Response Requests::send(const http::Request& request, const std::string& scope,
                              TryLimits limits) {
  // A challenge of another host, where a redirect led, is not one to us.
  const bool is_ours = http::parse_url(request.url).same_origin(base_);
  Tries tries(limiter_, limits);
  int renewals = 0;
  bool first = true;
  while (true) {
    if (request.restart && !std::exchange(first, false)) request.restart();
    Tried tried = attempt(request, scope);
    auto& answer = tried.attempt.response;
    if (is_ours && answer && answer->status == 401 && renewals < most_renewals &&
        authorizer_.renew(*answer, scope, tried.authorization)) {
      ++renewals;
      continue;
    }
    if (answer && is_final(*answer)) return *answer;
    if (tries.wait_after(tried.attempt)) continue;
    if (!answer) fail(request, tried.attempt);
    return *answer;
  }
}

http::Response Requests::follow(http::Request request, const std::string& scope) {
  http::Response answer = send(request, scope);
  http::Url at = http::parse_url(request.url);
  for (int hops = 0; is_redirect(answer.status); ++hops) {
    const std::string what = fmt::format("{} {}", request.method, http::redacted(at));
    const auto target = http::find_resolved(at, answer.headers.find("Location").value_or(""));
    if (!target || hops == most_redirects) {
      throw base::Error(base::Kind::refused,
                        fmt::format("{}: a redirect that leads nowhere", what));
    }
    check_redirect(base_, *target, what);
    at = *target;
    request.url = at.text();
    answer = send(request, scope);
  }
  return answer;
}

void Requests::fail(const std::string& what, const http::Response& answer,
                    const std::string& scope) {
  std::string hint;
  if (answer.status == 401 || answer.status == 403) {
    hint = authorizer_.hint(answer.status, scope);
  } else if (is_throttled(answer)) {
    const auto wait = http::server_hint(answer.headers, client_.clock().now());
    if (wait) {
      hint = "the registry limits requests; run again " + when_again(client_.clock(), *wait);
    }
  }
  throw failure(what, answer, std::move(hint));
}

void Requests::fail_head(const std::string& what, const http::Response& answer,
                         http::Request request, const std::string& scope) {
  request.method = "GET";
  request.response_cap = words_cap;
  http::Response words = answer;
  try {
    auto told = attempt(request, scope).attempt.response;
    if (told && told->status == answer.status) words = std::move(*told);
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  }
  fail(what, words, scope);
}

void Requests::fail(const http::Request& request, const http::Attempt& attempt) const {
  const std::string what =
      fmt::format("{} {}: {}", request.method, http::redacted(http::parse_url(request.url)),
                  attempt.stopped ? "interrupted" : attempt.why);
  if (attempt.failure == http::Failure::refused && !attempt.stopped) {
    throw base::Error(base::Kind::refused, what);
  }
  throw base::Error(base::Kind::unavailable, what,
                    attempt.failure == http::Failure::not_connected
                        ? "check the address and that the server is up; a rerun is safe"
                        : "");
}

void Requests::show_warnings(const http::Response& answer) {
  for (const std::string& value : answer.headers.all("Warning")) {
    const std::string words = text_of_warning(value);
    const std::lock_guard lock(mutex_);
    if (words.empty() || shown_warnings_.size() == most_warnings) continue;
    if (shown_warnings_.insert(words).second) {
      logging::warning("{} says: {}", registry_, words);
    }
  }
}

}  // namespace oci
