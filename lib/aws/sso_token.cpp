// SPDX-License-Identifier: Apache-2.0
#include "aws/sso_token.hpp"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "aws/endpoint.hpp"
#include "aws/failure.hpp"
#include "base/error.hpp"
#include "crypto/sha1.hpp"
#include "file/file.hpp"
#include "http/client.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "logging/secrets.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

constexpr std::chrono::minutes renewed_before{15};
constexpr std::uint64_t most_bytes = 64U << 10U;

base::Error not_logged_in(const SsoSession& session, std::string_view why) {
  return {base::Kind::environment, std::string(why), login_hint(session)};
}

// "2026-01-02T03:04:05Z"; older clients wrote "…UTC".
std::optional<timing::SystemTime> find_time(const json::Field& token, std::string_view name) {
  auto text = token[name].maybe_string().value_or("");
  if (text.ends_with("UTC")) text.replace(text.size() - 3, 3, "Z");
  return timing::find_rfc3339(text);
}

void mask_token(const json::Field& token) {
  for (const auto name : {"accessToken", "refreshToken", "clientSecret"}) {
    if (const auto value = token[name].maybe_string(); value && !value->empty()) {
      logging::add_secret(*value);
    }
  }
}

json::Value read_token(const std::filesystem::path& path, const SsoSession& session) {
  const auto text = path.empty() ? std::nullopt : file::find(path, most_bytes);
  if (!text) throw not_logged_in(session, fmt::format("no SSO login in {}", path.string()));
  try {
    auto document = json::parse(*text, path.string());
    const json::Field token(document, path.string());
    mask_token(token);
    if (!token["accessToken"].string().empty() && find_time(token, "expiresAt")) return document;
  } catch (const base::Error& error) {
    throw not_logged_in(session, error.what());
  }
  throw not_logged_in(session, fmt::format("{}: no token with an end", path.string()));
}

bool can_be_renewed(const json::Field& token, timing::SystemTime now) {
  for (const auto name : {"refreshToken", "clientId", "clientSecret"}) {
    if (token[name].maybe_string().value_or("").empty()) return false;
  }
  const auto registered_until = find_time(token, "registrationExpiresAt");
  return registered_until && *registered_until > now;
}

// What the file shall hold from now on.
json::Value renewed(const Surroundings& from, const SsoSession& session, json::Value document) {
  const json::Field token(document, "the SSO token");
  const auto address = sso_address(from, session, "oidc", "SSO_OIDC");
  http::Client client(*from.clock, from.stop, identity_client_options(from, address));
  const auto body = json::write(json::object({{"clientId", token["clientId"].string()},
                                              {"clientSecret", token["clientSecret"].string()},
                                              {"grantType", "refresh_token"},
                                              {"refreshToken", token["refreshToken"].string()}}));
  // Repeated blindly it would present a refresh token that has been used.
  const auto response = client.send({.method = "POST",
                                     .url = address.text() + "token",
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = http::body_of(body),
                                     .repeat = http::Repeat::unsafe},
                                    {.judge = judge});
  constexpr std::string_view what = "renew the SSO token";
  if (response.status != 200) throw error_of(failure_of(response), what);
  const auto parsed = json::parse(response.body, "the SSO token");
  const json::Field answer(parsed, "the SSO token");
  mask_token(answer);
  const auto end = from.clock->now() + std::chrono::seconds(answer["expiresIn"].integer());
  document.set("accessToken", answer["accessToken"].string());
  document.set("expiresAt", timing::rfc3339(end));
  if (const auto next = answer["refreshToken"].maybe_string()) document.set("refreshToken", *next);
  return document;
}

// Under the lock another process may have renewed it meanwhile, so it is read again.
json::Value renew_file(const Surroundings& from, const SsoSession& session,
                       const std::filesystem::path& path) {
  std::optional<file::Lock> lock;
  const auto folder = credential_cache_folder(from.environment);
  if (!folder.empty()) lock.emplace(folder.parent_path() / (path.stem().string() + ".sso-lock"));
  auto document = read_token(path, session);
  const json::Field token(document, path.string());
  const auto now = from.clock->now();
  if (*find_time(token, "expiresAt") > now + renewed_before) return document;
  if (!can_be_renewed(token, now)) return document;
  auto next = renewed(from, session, document);
  file::write_atomically(path, json::write(next), 0600);
  logging::debug("the SSO token in {} is renewed", path.string());
  return next;
}

}  // namespace

std::string login_hint(const SsoSession& session) {
  return fmt::format("run aws sso login --profile {}", session.profile);
}

std::filesystem::path sso_token_path(const process::Environment& environment,
                                     const SsoSession& session) {
  const auto home = environment("HOME");
  if (!home) return {};
  const auto& named_by = session.name.empty() ? session.start_url : session.name;
  return std::filesystem::path(*home) / ".aws/sso/cache" / (crypto::sha1_hex(named_by) + ".json");
}

http::Url sso_address(const Surroundings& from, const SsoSession& session,
                      std::string_view first_label, std::string_view variable) {
  const auto ignored = from.environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  std::optional<std::string> given;
  if (!ignored || !text::equal_ignoring_case(*ignored, "true")) {
    given = from.environment(fmt::format("AWS_ENDPOINT_URL_{}", variable));
    if (!given) given = from.environment("AWS_ENDPOINT_URL");
    if (!given) {
      given = from.profiles.find_service_setting(
          from.profile, fmt::format("{}.endpoint_url", text::lower(variable)));
    }
  }
  // The partition's DNS suffix is what follows the region in the name of any of its services.
  auto url = given ? http::parse_url(*given) : rule_endpoint(Service::sts, session.region);
  if (!given) url.host.replace(0, url.host.find('.'), first_label);
  if (!url.path.ends_with('/')) url.path += '/';
  return url;
}

std::string sso_access_token(const Surroundings& from, const SsoSession& session) {
  const auto path = sso_token_path(from.environment, session);
  auto document = read_token(path, session);
  const auto end_of = [&] { return *find_time({document, path.string()}, "expiresAt"); };
  const auto now = from.clock->now();
  if (!session.name.empty() && end_of() <= now + renewed_before) {
    try {
      document = renew_file(from, session, path);
    } catch (const base::Error& error) {
      if (end_of() <= now) {
        if (error.kind() == base::Kind::unavailable) throw;
        throw not_logged_in(session, error.what());
      }
      logging::warning("the SSO token is not renewed yet: {}", error.what());
    }
  }
  if (end_of() <= now) {
    throw not_logged_in(session, fmt::format("the SSO login in {} ended at {}", path.string(),
                                             timing::rfc3339(end_of())));
  }
  return json::Field(document, path.string())["accessToken"].string();
}

}  // namespace aws
