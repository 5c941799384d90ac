// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "logging/secrets.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

using Lookup = std::function<std::optional<std::string>(std::string_view key)>;

// Where a set of keys is, and what its parts are called there.
struct Place {
  std::string origin;
  std::string_view access_key;
  std::string_view secret_key;
  std::string_view session_token;
};

// Absent when none of the two keys is there; half a pair is an error.
std::optional<Credentials> find_pair(const Place& place, const Lookup& lookup) {
  const auto access_key = lookup(place.access_key);
  const auto secret_key = lookup(place.secret_key);
  if (!access_key && !secret_key) return std::nullopt;
  if (!access_key || !secret_key) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find AWS credentials in {}: {} is set and {} is not",
                                  place.origin, access_key ? place.access_key : place.secret_key,
                                  access_key ? place.secret_key : place.access_key),
                      "set both or none");
  }
  return Credentials{.access_key = *access_key,
                     .secret_key = *secret_key,
                     .session_token = lookup(place.session_token).value_or(""),
                     .origin = place.origin};
}

std::optional<Credentials> find_in_environment(const process::Environment& environment) {
  return find_pair({.origin = "the environment",
                    .access_key = "AWS_ACCESS_KEY_ID",
                    .secret_key = "AWS_SECRET_ACCESS_KEY",
                    .session_token = "AWS_SESSION_TOKEN"},
                   environment);
}

std::optional<Credentials> find_in_file(const std::string& profile,
                                        const std::filesystem::path& path, const Lookup& lookup) {
  return find_pair({.origin = fmt::format("profile {} in {}", profile, path.string()),
                    .access_key = "aws_access_key_id",
                    .secret_key = "aws_secret_access_key",
                    .session_token = "aws_session_token"},
                   lookup);
}

[[noreturn]] void refuse_source(std::string_view where, std::string_view setting) {
  throw base::Error(
      base::Kind::environment,
      fmt::format("find AWS credentials in {}: {} is set there, and only keys are read", where,
                  setting),
      "put the keys into the environment: eval \"$(aws configure export-credentials "
      "--format env)\"");
}

// Settings that name another source of keys. Passing one over would sign as somebody else.
void refuse_other_sources(const std::string& profile, const Profiles& profiles,
                          const std::vector<std::string_view>& settings) {
  for (const auto setting : settings) {
    if (profiles.find_setting(profile, setting)) {
      refuse_source(fmt::format("profile {} in {}", profile, profiles.config_path().string()),
                    setting);
    }
    if (profiles.find_credential(profile, setting)) {
      refuse_source(fmt::format("profile {} in {}", profile, profiles.credentials_path().string()),
                    setting);
    }
  }
}

std::optional<Credentials> find_in_profile(const std::string& profile, const Profiles& profiles) {
  refuse_other_sources(profile, profiles,
                       {"role_arn", "web_identity_token_file", "sso_session", "sso_start_url"});
  const auto shared = find_in_file(profile, profiles.credentials_path(), [&](std::string_view key) {
    return profiles.find_credential(profile, key);
  });
  if (shared) return shared;
  refuse_other_sources(profile, profiles, {"credential_process"});
  return find_in_file(profile, profiles.config_path(),
                      [&](std::string_view key) { return profiles.find_setting(profile, key); });
}

[[noreturn]] void nothing_found(const Profiles& profiles, const std::string& profile) {
  const auto shown = [](const std::filesystem::path& path) {
    return path.empty() ? std::string("~/.aws (no HOME)") : path.string();
  };
  throw base::Error(
      base::Kind::environment,
      fmt::format("find AWS credentials: none in the environment (AWS_ACCESS_KEY_ID, "
                  "AWS_SECRET_ACCESS_KEY), none for profile {} in {} and {}",
                  profile, shown(profiles.credentials_path()), shown(profiles.config_path())),
      "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure; for the sandbox: "
      "eval \"$(deploy-sandbox env)\"");
}

Credentials search_places(const process::Environment& environment, const Profiles& profiles,
                   const std::string& explicit_profile) {
  const auto profile = profile_name(environment, explicit_profile);
  if (explicit_profile.empty()) {
    if (auto found = find_in_environment(environment)) return *found;
    if (environment("AWS_WEB_IDENTITY_TOKEN_FILE")) {
      refuse_source("the environment", "AWS_WEB_IDENTITY_TOKEN_FILE");
    }
  }
  if (profile != "default" && !profiles.has(profile)) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("find AWS credentials: no profile '{}' in {} or {}", profile,
                    profiles.credentials_path().string(), profiles.config_path().string()),
        explicit_profile.empty() ? "check AWS_PROFILE" : "check --profile");
  }
  if (auto found = find_in_profile(profile, profiles)) return *found;
  for (const auto variable :
       {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}) {
    if (environment(variable)) refuse_source("the environment", variable);
  }
  nothing_found(profiles, profile);
}

class FixedProvider : public CredentialProvider {
 public:
  explicit FixedProvider(Credentials credentials) : credentials_(std::move(credentials)) {}
  Credentials fetch() override { return credentials_; }

 private:
  Credentials credentials_;
};

}  // namespace

CredentialStore::CredentialStore(std::unique_ptr<CredentialProvider> provider, timing::Clock& clock)
    : provider_(std::move(provider)), clock_(clock) {}

Credentials CredentialStore::current() {
  const std::lock_guard lock(mutex_);
  if (!held_ || (held_->expires && *held_->expires <= clock_.now())) held_ = provider_->fetch();
  return *held_;
}

bool CredentialStore::renew(const Credentials& rejected) {
  const std::lock_guard lock(mutex_);
  if (!held_ || held_->access_key == rejected.access_key) held_ = provider_->fetch();
  return held_->access_key != rejected.access_key;
}

std::shared_ptr<CredentialStore> store_of(Credentials credentials, timing::Clock& clock) {
  logging::add_secret(credentials.secret_key);
  if (!credentials.session_token.empty()) logging::add_secret(credentials.session_token);
  return std::make_shared<CredentialStore>(std::make_unique<FixedProvider>(std::move(credentials)),
                                           clock);
}

std::shared_ptr<CredentialStore> find_credentials(const CredentialSearch& search) {
  return store_of(search_places(search.environment, search.profiles, search.explicit_profile),
                  search.clock);
}

}  // namespace aws
