// SPDX-License-Identifier: Apache-2.0
#include "oci/authorizer.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <array>

#include "base/error.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "logging/secrets.hpp"
#include "oci/failure.hpp"
#include "text/base64.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::chrono::seconds default_life{60};
constexpr std::chrono::seconds longest_life{3'600 * 12};
constexpr std::uint64_t token_cap = 1U << 20U;

std::string basic_header(const Credentials& credentials) {
  return "Basic " + text::base64(credentials.username + ':' + credentials.password);
}

bool has_password(const std::optional<Credentials>& credentials) {
  return credentials && !credentials->password.empty();
}

const Challenge* find_scheme(const std::vector<Challenge>& challenges, std::string_view scheme) {
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == scheme) return &challenge;
  }
  return nullptr;
}

}  // namespace

bool is_private_address(std::string_view host) {
  if (host == "localhost") return true;
  std::string literal(host);
  if (literal.starts_with('[') && literal.ends_with(']'))
    literal = literal.substr(1, literal.size() - 2);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, literal.c_str(), bytes.data()) == 1) {
    return bytes[0] == 0 || bytes[0] == 10 || bytes[0] == 127 ||
           (bytes[0] == 172 && (bytes[1] & 0xf0U) == 16) || (bytes[0] == 192 && bytes[1] == 168) ||
           (bytes[0] == 169 && bytes[1] == 254);
  }
  if (::inet_pton(AF_INET6, literal.c_str(), bytes.data()) == 1) {
    static constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool local =
        std::equal(bytes.begin(), bytes.begin() + 15, std::array<unsigned char, 15>{}.begin());
    return local || (bytes[0] & 0xfeU) == 0xfc ||
           (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80) ||
           std::equal(mapped.begin(), mapped.end(), bytes.begin());
  }
  return false;
}

void check_realm(const http::Url& base, const http::Url& realm) {
  const auto refuse = [&](std::string_view why) {
    throw base::Error(base::Kind::integrity, fmt::format("get a token for {} from {}: {}",
                                                         base.origin(), realm.origin(), why));
  };
  if (base.scheme == "https" && realm.scheme != "https") refuse("plain http for an https registry");
  if (realm.host != base.host && is_private_address(realm.host)) {
    refuse("a private address named by another host");
  }
}

Authorizer::Authorizer(http::Client& client, http::Url base, std::optional<Credentials> credentials)
    : client_(client), base_(std::move(base)), credentials_(std::move(credentials)) {}

std::string Authorizer::header(const std::string& scope) {
  const std::lock_guard lock(mutex_);
  if (!challenge_) return {};
  if (challenge_->scheme == "basic") return basic_header(*credentials_);
  const auto found = tokens_.find(scope);
  if (found != tokens_.end() && client_.clock().steady_now() < found->second.renew_at) {
    return found->second.header;
  }
  return (tokens_[scope] = fetch_token(scope)).header;
}

bool Authorizer::renew(const http::Response& answer, const std::string& scope,
                       const std::string& used) {
  const std::lock_guard lock(mutex_);
  // Another thread may have learned what this answer asks for while it was under way.
  if (challenge_ && used.empty()) return true;
  const auto token = tokens_.find(scope);
  if (token != tokens_.end() && token->second.header != used) return true;
  tokens_.erase(scope);
  if (!adopt(challenges_of(answer))) return false;
  return challenge_->scheme == "bearer" || used != basic_header(*credentials_);
}

std::string Authorizer::hint() const {
  if (credentials_) {
    return fmt::format("check user and password of {} (from {})", base_.authority(),
                       credentials_->source);
  }
  return fmt::format(
      "no credentials for {}; set REGISTRY_USERNAME and REGISTRY_PASSWORD, or run docker login",
      base_.authority());
}

std::vector<Challenge> Authorizer::challenges_of(const http::Response& answer) {
  std::vector<Challenge> challenges;
  const auto collect = [&challenges](const http::Response& from) {
    for (const std::string& value : from.headers.all("WWW-Authenticate")) {
      for (Challenge& challenge : parse_challenges(value))
        challenges.push_back(std::move(challenge));
    }
  };
  collect(answer);
  if (!challenges.empty() || challenge_) return challenges;
  http::Url ping = base_;
  ping.path = "/v2/";
  collect(client_.send({.url = ping.text(), .response_cap = token_cap}));
  return challenges;
}

// True when there is a challenge that we can meet.
bool Authorizer::adopt(const std::vector<Challenge>& offered) {
  const Challenge* bearer = find_scheme(offered, "bearer");
  if (bearer != nullptr && !bearer->parameter("realm").empty()) {
    challenge_ = *bearer;
  } else if (find_scheme(offered, "basic") != nullptr && has_password(credentials_)) {
    challenge_ = Challenge{.scheme = "basic"};
  } else if (!offered.empty()) {
    return false;
  }
  return challenge_.has_value();
}

Authorizer::Token Authorizer::fetch_token(const std::string& scope) {
  const http::Url realm = http::parse_url(challenge_->parameter("realm"));
  check_realm(base_, realm);
  const http::Response answer = ask_realm(realm, scope);
  const std::string what = fmt::format("get a token for {} from {}", scope, realm.origin());
  if (answer.status != 200) {
    const bool refused = answer.status >= 400 && answer.status < 500 && answer.status != 429;
    const base::Error error = failure(what, answer, refused ? hint() : "");
    throw base::Error(refused ? base::Kind::environment : error.kind(), error.message(),
                      error.hint());
  }
  const json::Value document = json::parse(answer.body, what, {.bytes = token_cap});
  const json::Field root(document, what);
  std::string token = root["token"].maybe_string().value_or("");
  if (token.empty()) token = root["access_token"].string();
  logging::add_secret(token);
  const std::chrono::seconds life(
      root["expires_in"].maybe_integer().value_or(default_life.count()));
  const auto kept = std::clamp(life, std::chrono::seconds(0), longest_life) * 4 / 5;
  return {.header = "Bearer " + token, .renew_at = client_.clock().steady_now() + kept};
}

http::Response Authorizer::ask_realm(const http::Url& realm, const std::string& scope) {
  const std::string service = challenge_->parameter("service");
  if (credentials_ && !credentials_->identity_token.empty()) {
    const std::string form = fmt::format(
        "grant_type=refresh_token&refresh_token={}&service={}&scope={}&client_id=stagecraft",
        text::percent_encode(credentials_->identity_token), text::percent_encode(service),
        text::percent_encode(scope));
    return client_.send({.method = "POST",
                         .url = realm.text(),
                         .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                         .body = http::body_of(form),
                         .response_cap = token_cap});
  }
  http::Url url = realm;
  if (!url.query.empty()) url.query += '&';
  if (!service.empty()) url.query += "service=" + text::percent_encode(service) + '&';
  const char* separator = "";
  for (const std::string_view part : text::split(scope, ' ')) {
    url.query += fmt::format("{}scope={}", separator, text::percent_encode(part));
    separator = "&";
  }
  http::Request request{.url = url.text(), .response_cap = token_cap};
  if (has_password(credentials_)) request.headers.set("Authorization", basic_header(*credentials_));
  return client_.send(request);
}

}  // namespace oci
