// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace aws::sigv4 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

// Changed or added on the way by proxies and the transport, hence never signed.
bool is_signed(std::string_view name) {
  constexpr std::array<std::string_view, 7> skipped{
      "authorization", "connection",        "user-agent", "x-amzn-trace-id",
      "expect",        "transfer-encoding", "upgrade"};
  return std::find(skipped.begin(), skipped.end(), name) == skipped.end() &&
         !name.starts_with("sec-websocket-");
}

// Trimmed, with inner runs of white space folded to one space.
std::string folded(std::string_view value) {
  std::string result;
  for (const char c : text::trim(value)) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      result += c;
    } else if (!result.ends_with(' ')) {
      result += ' ';
    }
  }
  return result;
}

// By whole name: "x-amz-meta-a" sorts before "x-amz-meta-a-b", which sorting "name:value" lines
// gets wrong, since '-' comes before ':'.
std::map<std::string, std::string> canonical_headers(const http::Request& request) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers.fields()) {
    const auto key = text::lower(name);
    if (!is_signed(key)) continue;
    const auto [place, added] = headers.try_emplace(key, folded(value));
    if (!added) place->second += "," + folded(value);
  }
  headers.try_emplace("host", http::parse_url(request.url).authority());
  return headers;
}

std::string signed_names(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

// RFC 3986 section 5.2.4, as far as a path that begins with '/' needs it; empty segments vanish.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string> kept;
  const auto segments = text::split(path, '/');
  for (const auto segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.emplace_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  if (kept.empty()) return "/";
  const bool ends_open = segments.back().empty();
  return "/" + text::join(kept, "/") + (ends_open ? "/" : "");
}

std::string scope_text(const Scope& scope, std::string_view date) {
  return fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
}

std::string normal_form(std::string_view part) {
  const auto decoded = text::find_percent_decoded(part);
  return text::percent_encode(decoded ? std::string_view(*decoded) : part);
}

}  // namespace

std::string canonical_path(std::string_view sent, PathRule rule) {
  if (sent.empty()) return "/";
  if (rule == PathRule::as_sent) return std::string(sent);
  return text::percent_encode(without_dot_segments(sent), text::Slash::keep);
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto part : text::split(query, '&')) {
    const auto pair = text::cut(part, "=");
    pairs.emplace_back(normal_form(pair ? pair->first : part),
                       pair ? normal_form(pair->second) : std::string());
  }
  std::sort(pairs.begin(), pairs.end());
  std::string result;
  for (const auto& [name, value] : pairs) {
    if (!result.empty()) result += '&';
    result += name + "=" + value;
  }
  return result;
}

Steps steps(const http::Request& request, const Scope& scope, std::string_view payload_hash,
            timing::SystemTime when) {
  const auto url = http::parse_url(request.url);
  const auto headers = canonical_headers(request);
  std::string header_lines;
  for (const auto& [name, value] : headers) header_lines += name + ":" + value + "\n";
  auto names = signed_names(headers);
  Steps steps;
  steps.canonical_request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(url.path, scope.path),
                  canonical_query(url.query), header_lines, names, payload_hash);
  const auto time = timing::sigv4_basic(when);
  steps.string_to_sign =
      fmt::format("{}\n{}\n{}\n{}", algorithm, time, scope_text(scope, time.substr(0, 8)),
                  crypto::sha256_hex(steps.canonical_request));
  steps.signed_headers = std::move(names);
  return steps;
}

crypto::Sha256Digest Signer::key_for(const Scope& scope, const Credentials& credentials,
                                     std::string_view date) {
  const auto name = crypto::sha256_hex(credentials.secret_key) + "/" + scope_text(scope, date);
  const std::lock_guard lock(mutex_);
  if (const auto known = keys_.find(name); known != keys_.end()) return known->second;
  auto key = crypto::hmac_sha256("AWS4" + credentials.secret_key, date);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request")}) {
    key = crypto::hmac_sha256(crypto::as_text(key), part);
  }
  if (keys_.size() >= 64) keys_.clear();  // a process that runs for weeks, or changes its identity
  keys_.emplace(name, key);
  return key;
}

Steps Signer::sign(http::Request& request, const Scope& scope, const Credentials& credentials,
                   std::string_view payload_hash, timing::SystemTime when) {
  const auto hash = payload_hash.empty() ? crypto::sha256_hex("") : std::string(payload_hash);
  const auto time = timing::sigv4_basic(when);
  request.headers.set("X-Amz-Date", time);
  if (!credentials.session_token.empty()) {
    request.headers.set("X-Amz-Security-Token", credentials.session_token);
  }
  if (scope.path == PathRule::as_sent) request.headers.set("X-Amz-Content-Sha256", hash);
  auto done = steps(request, scope, hash, when);
  const auto key = key_for(scope, credentials, std::string_view(time).substr(0, 8));
  const auto signature = text::hex(crypto::hmac_sha256(crypto::as_text(key), done.string_to_sign));
  request.headers.set("Authorization",
                      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm,
                                  credentials.access_key, scope_text(scope, time.substr(0, 8)),
                                  done.signed_headers, signature));
  return done;
}

std::string Signer::presigned_url(const http::Request& request, const Scope& scope,
                                  const Credentials& credentials, const Presigning& presigning) {
  if (presigning.lifetime < std::chrono::seconds(1) || presigning.lifetime > std::chrono::days(7)) {
    throw base::Error(base::Kind::usage,
                      fmt::format("sign a url for {} s", presigning.lifetime.count()),
                      "give a lifetime from 1 second to 7 days");
  }
  const auto time = timing::sigv4_basic(presigning.when);
  const auto date = std::string_view(time).substr(0, 8);
  auto url = http::parse_url(request.url);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!url.query.empty()) url.query += '&';
    url.query += fmt::format("{}={}", name, text::percent_encode(value));
  };
  add("X-Amz-Algorithm", algorithm);
  add("X-Amz-Credential", fmt::format("{}/{}", credentials.access_key, scope_text(scope, date)));
  add("X-Amz-Date", time);
  add("X-Amz-Expires", fmt::format("{}", presigning.lifetime.count()));
  add("X-Amz-SignedHeaders", signed_names(canonical_headers(request)));
  if (!credentials.session_token.empty()) add("X-Amz-Security-Token", credentials.session_token);
  auto signed_request = request;
  signed_request.url = url.text();
  const auto done = steps(signed_request, scope, presigning.payload_hash, presigning.when);
  const auto key = key_for(scope, credentials, date);
  add("X-Amz-Signature", text::hex(crypto::hmac_sha256(crypto::as_text(key), done.string_to_sign)));
  return url.text();
}

}  // namespace aws::sigv4
