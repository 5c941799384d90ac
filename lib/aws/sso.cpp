// SPDX-License-Identifier: Apache-2.0
#include "aws/sso.hpp"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "aws/credential_answer.hpp"
#include "aws/credential_cache.hpp"
#include "aws/failure.hpp"
#include "aws/sso_token.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "json/field.hpp"
#include "text/percent.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

struct SsoRole {
  SsoSession session;
  std::string account;
  std::string name;

  std::string inputs() const {
    return json::write(
        json::Array{"sso", session.name, session.start_url, session.region, account, name});
  }
};

Credentials ask_portal(const Surroundings& from, const SsoRole& role, const std::string& token) {
  auto url = sso_address(from, role.session, "portal.sso", "SSO");
  http::Client client(*from.clock, from.stop, identity_client_options(from, url));
  url.path += "federation/credentials";
  url.query = fmt::format("account_id={}&role_name={}", text::percent_encode(role.account),
                          text::percent_encode(role.name));
  const auto response = client.send(
      {.url = url.text(), .headers = {{"x-amz-sso_bearer_token", token}}}, {.judge = judge});
  const auto what = fmt::format("get keys of role {} in account {}", role.name, role.account);
  if (response.status != 200) {
    const auto error = error_of(failure_of(response), what);
    if (response.status != 401) throw error;
    throw base::Error(base::Kind::environment, error.what(), login_hint(role.session));
  }
  const auto document = json::parse(response.body, what);
  const auto keys = json::Field(document, what)["roleCredentials"];
  return masked({.access_key = keys["accessKeyId"].string(),
                 .secret_key = keys["secretAccessKey"].string(),
                 .session_token = keys["sessionToken"].string(),
                 .expires = timing::from_epoch_seconds(keys["expiration"].number() / 1'000)});
}

// Keys on disk are looked at after the login only, so that who logged out is out here too.
class SsoProvider : public CredentialProvider {
 public:
  SsoProvider(Surroundings surroundings, SsoRole role)
      : surroundings_(std::move(surroundings)),
        role_(std::move(role)),
        cache_(credential_cache_folder(surroundings_.environment)) {}

  Credentials fetch(Reuse reuse) override {
    const auto token = sso_access_token(surroundings_, role_.session);
    const auto now = surroundings_.clock->now();
    if (reuse == Reuse::allowed) {
      if (auto found = cache_.find(role_.inputs(), now)) return std::move(*found);
    }
    auto credentials = ask_portal(surroundings_, role_, token);
    cache_.keep(role_.inputs(), credentials, now);
    return credentials;
  }

 private:
  Surroundings surroundings_;
  SsoRole role_;
  CredentialCache cache_;
};

// Settings of the profile with those of its session; both may say a thing if they say the same.
class SsoSettings {
 public:
  SsoSettings(const Profiles& profiles, const std::string& profile)
      : profiles_(profiles),
        profile_(profile),
        session_(profiles.find_either(profile, "sso_session")) {
    if (session_ && !profiles.has_sso_session(*session_)) {
      throw profile_error(profile, fmt::format("there is no [sso-session {}]", *session_),
                          "check sso_session");
    }
  }

  std::string require(std::string_view key) const {
    const auto own = profiles_.find_either(profile_, key);
    const auto shared = session_ ? profiles_.find_sso_setting(*session_, key) : std::nullopt;
    if (own && shared && *own != *shared) {
      throw profile_error(profile_, fmt::format("{} is '{}' there and '{}' in [sso-session {}]",
                                                key, *own, *shared, *session_));
    }
    if (!own && !shared) {
      throw profile_error(profile_, fmt::format("{} is missing for SSO", key),
                          fmt::format("run aws configure sso --profile {}", profile_));
    }
    return own ? *own : *shared;
  }

  std::string session() const { return session_.value_or(""); }

 private:
  const Profiles& profiles_;
  const std::string& profile_;
  std::optional<std::string> session_;
};

}  // namespace

std::optional<KeySource> find_sso(const Surroundings& surroundings, const std::string& profile) {
  const auto& profiles = surroundings.profiles;
  if (!profiles.find_either(profile, "sso_role_name") &&
      !profiles.find_either(profile, "sso_account_id")) {
    return std::nullopt;
  }
  const SsoSettings settings(profiles, profile);
  SsoRole role{.session = {.profile = profile,
                           .name = settings.session(),
                           .start_url = settings.require("sso_start_url"),
                           .region = settings.require("sso_region")},
               .account = settings.require("sso_account_id"),
               .name = settings.require("sso_role_name")};
  if (!is_region_name(role.session.region)) {
    throw profile_error(profile, fmt::format("sso_region is '{}'", role.session.region));
  }
  auto label =
      fmt::format("profile {} (SSO role {} in account {})", profile, role.name, role.account);
  auto inputs = role.inputs();
  return KeySource{.label = std::move(label),
                   .inputs = std::move(inputs),
                   .provider = std::make_unique<SsoProvider>(surroundings, std::move(role))};
}

}  // namespace aws
