// SPDX-License-Identifier: Apache-2.0
#include "oci/authorizer.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
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
constexpr std::size_t longest_scope = 4096;

std::string basic_header(const Credentials& credentials) {
  return "Basic " + text::base64(credentials.username + ':' + credentials.password);
}

bool has_password(const std::optional<Credentials>& credentials) {
  return credentials && !credentials->password.empty();
}

std::string name_of(const Credentials& credentials) {
  const std::string who = credentials.username.empty() ? "the token" : credentials.username;
  return fmt::format("{} (from {})", who, credentials.source);
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

Authorizer::Authorizer(http::Client& client, http::Url base, CredentialSource source)
    : client_(client), base_(std::move(base)), source_(std::move(source)) {}

const std::optional<Credentials>& Authorizer::credentials() {
  if (!std::exchange(asked_source_, true) && source_) adopt_credentials(source_());
  return credentials_;
}

void Authorizer::adopt_credentials(std::optional<Credentials> found) {
  credentials_ = std::move(found);
  if (!credentials_) return;
  logging::add_secret(credentials_->password);
  logging::add_secret(credentials_->identity_token);
  logging::add_secret(credentials_->registry_token);
}

// True when the source now says something else than what was refused.
bool Authorizer::ask_source_again() {
  if (!credentials_) return false;
  auto fresh = source_();
  if (!fresh || fresh == credentials_) return false;
  logging::debug("{}: new credentials from {}", base_.authority(), fresh->source);
  adopt_credentials(std::move(fresh));
  return true;
}

std::string Authorizer::own_header() {
  if (credentials_ && !credentials_->registry_token.empty()) {
    return "Bearer " + credentials_->registry_token;
  }
  return challenge_->scheme == "basic" ? basic_header(*credentials_) : std::string();
}

std::string Authorizer::header(const std::string& scope, std::chrono::seconds lasting) {
  const std::lock_guard lock(mutex_);
  if (!challenge_) return {};
  if (std::string own = own_header(); !own.empty()) return own;
  const auto found = tokens_.find(scope);
  if (found != tokens_.end()) {
    const Token& token = found->second;
    const auto now = client_.clock().steady_now();
    // One that is new and still too short-lived would only be followed by another like it.
    const bool is_new = now - token.fetched_at < (token.expires_at - token.fetched_at) / 10;
    if (now < token.renew_at && (is_new || now + lasting <= token.expires_at)) return token.header;
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
  if (!adopt(challenges_of(answer), scope)) return false;
  const std::string own = own_header();
  return own.empty() || used != own || ask_source_again();
}

std::string Authorizer::hint(int status, const std::string& scope) {
  const std::lock_guard lock(mutex_);
  return explain(status, scope);
}

std::string Authorizer::explain(int status, const std::string& scope) {
  const auto& who = credentials();
  const auto granted = granted_.find(scope);
  const auto asked = parse_scope(scope);
  const auto lacking =
      granted == granted_.end() ? std::vector<Grant>() : missing(asked, granted->second);
  if (!who) {
    const std::string lack =
        lacking.empty() ? "" : fmt::format("an anonymous token lacks {}; ", text_of(lacking));
    return fmt::format(
        "{}no credentials for {}; set REGISTRY_USERNAME and REGISTRY_PASSWORD, or run docker login",
        lack, base_.authority());
  }
  if (!lacking.empty()) {
    const std::string has = text_of(granted->second);
    return fmt::format("{} lacks {}; its token grants {}", name_of(*who), text_of(lacking),
                       has.empty() ? "nothing" : has);
  }
  if (status == 403) {
    return fmt::format("{} may not {}; check its rights at {}", name_of(*who), text_of(asked),
                       base_.authority());
  }
  return fmt::format("check user and password of {} (from {})", base_.authority(), who->source);
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
bool Authorizer::adopt(const std::vector<Challenge>& offered, const std::string& scope) {
  const Challenge* bearer = find_scheme(offered, "bearer");
  if (bearer != nullptr && !bearer->parameter("realm").empty()) {
    challenge_ = *bearer;
    // Some registries know only when they refuse what else a request needs.
    const std::string more = bearer->parameter("scope");
    std::string& wider = wider_[scope];
    if (wider.empty()) wider = scope;
    if (bearer->parameter("error") == "insufficient_scope" &&
        wider.size() + more.size() < longest_scope) {
      for (const std::string_view part : text::split(more, ' ')) {
        const auto known = text::split(wider, ' ');
        if (part.empty() || std::ranges::find(known, part) != known.end()) continue;
        wider = fmt::format("{} {}", wider, part);
      }
    }
  } else if (find_scheme(offered, "basic") != nullptr && has_password(credentials())) {
    challenge_ = Challenge{.scheme = "basic"};
  } else if (!offered.empty()) {
    return false;
  }
  static_cast<void>(credentials());
  return challenge_.has_value();
}

Authorizer::Token Authorizer::fetch_token(const std::string& scope) {
  const http::Url realm = http::parse_url(challenge_->parameter("realm"));
  check_realm(base_, realm);
  const auto wider = wider_.find(scope);
  const std::string& asked = wider == wider_.end() ? scope : wider->second;
  http::Response answer = ask_realm(realm, asked);
  const std::string what = fmt::format("get a token for {} from {}", asked, realm.origin());
  const auto is_refusal = [&answer] {
    return answer.status >= 400 && answer.status < 500 && answer.status != 429;
  };
  if (is_refusal() && ask_source_again()) answer = ask_realm(realm, asked);
  if (answer.status != 200) {
    const base::Error error = failure(what, answer, is_refusal() ? explain(401, scope) : "");
    throw base::Error(is_refusal() ? base::Kind::environment : error.kind(), error.message(),
                      error.hint());
  }
  const json::Value document = json::parse(answer.body, what, {.bytes = token_cap});
  const json::Field root(document, what);
  std::string token = root["token"].maybe_string().value_or("");
  if (token.empty()) token = root["access_token"].string();
  logging::add_secret(token);
  granted_.erase(scope);
  if (auto grants = find_grants(token)) granted_[scope] = std::move(*grants);
  const std::chrono::seconds told(
      root["expires_in"].maybe_integer().value_or(default_life.count()));
  const auto life = std::clamp(told, std::chrono::seconds(0), longest_life);
  const auto now = client_.clock().steady_now();
  return {.header = "Bearer " + token,
          .fetched_at = now,
          .renew_at = now + life * 4 / 5,
          .expires_at = now + life};
}

// The token server is another host with limits of its own, so the client's own retry serves here.
http::Response Authorizer::ask_realm(const http::Url& realm, const std::string& scope) {
  const auto& who = credentials();
  if (!who || who->identity_token.empty()) {
    return get_realm(realm, scope, has_password(who) ? basic_header(*who) : "");
  }
  const std::string form = fmt::format(
      "grant_type=refresh_token&refresh_token={}&service={}&scope={}&client_id=stagecraft",
      text::percent_encode(who->identity_token),
      text::percent_encode(challenge_->parameter("service")), text::percent_encode(scope));
  const http::Response answer =
      client_.send({.method = "POST",
                    .url = realm.text(),
                    .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                    .body = http::body_of(form),
                    .response_cap = token_cap});
  if (answer.status != 404 && answer.status != 405) return answer;
  // A token server from before OAuth2 takes the identity token as a password.
  Credentials as_password{.username = who->username.empty() ? "<token>" : who->username,
                          .password = who->identity_token};
  return get_realm(realm, scope, basic_header(as_password));
}

http::Response Authorizer::get_realm(const http::Url& realm, const std::string& scope,
                                     const std::string& authorization) {
  const std::string service = challenge_->parameter("service");
  http::Url url = realm;
  if (!url.query.empty()) url.query += '&';
  if (!service.empty()) url.query += "service=" + text::percent_encode(service) + '&';
  const char* separator = "";
  for (const std::string_view part : text::split(scope, ' ')) {
    url.query += fmt::format("{}scope={}", separator, text::percent_encode(part));
    separator = "&";
  }
  http::Request request{.url = url.text(), .response_cap = token_cap};
  if (!authorization.empty()) request.headers.set("Authorization", authorization);
  return client_.send(request);
}

}  // namespace oci
