// SPDX-License-Identifier: Apache-2.0
#include "aws/static_keys.hpp"

#include <fmt/core.h>

#include <functional>
#include <string_view>

#include "aws/credential_answer.hpp"
#include "base/error.hpp"
#include "json/value.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

using Lookup = std::function<std::optional<std::string>(std::string_view key)>;
using Find = std::function<std::optional<Credentials>()>;

// Where a set of keys is, and what its parts are called there.
struct Place {
  std::string origin;
  std::string_view access_key;
  std::string_view secret_key;
  std::string_view session_token;
};

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
  return masked({.access_key = *access_key,
                 .secret_key = *secret_key,
                 .session_token = lookup(place.session_token).value_or(""),
                 .origin = place.origin});
}

std::optional<Credentials> in_environment(const process::Environment& environment) {
  auto found = find_pair({.origin = "the environment",
                          .access_key = "AWS_ACCESS_KEY_ID",
                          .secret_key = "AWS_SECRET_ACCESS_KEY",
                          .session_token = "AWS_SESSION_TOKEN"},
                         environment);
  const auto end = environment("AWS_CREDENTIAL_EXPIRATION");
  if (!found || !end) return found;
  found->expires = timing::find_rfc3339(*end);
  if (!found->expires) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("find AWS credentials in the environment: AWS_CREDENTIAL_EXPIRATION is '{}'",
                    *end),
        "write it as 2026-01-02T03:04:05Z, or leave it out");
  }
  return found;
}

std::optional<Credentials> in_file(const Profiles& profiles, const std::string& profile,
                                   KeyFile which) {
  const bool shared = which == KeyFile::credentials;
  const auto& path = shared ? profiles.credentials_path() : profiles.config_path();
  return find_pair({.origin = fmt::format("profile {} in {}", profile, path.string()),
                    .access_key = "aws_access_key_id",
                    .secret_key = "aws_secret_access_key",
                    .session_token = "aws_session_token"},
                   [&](std::string_view key) {
                     return shared ? profiles.find_credential(profile, key)
                                   : profiles.find_setting(profile, key);
                   });
}

class WrittenKeys : public CredentialProvider {
 public:
  WrittenKeys(Credentials known, Find find) : known_(std::move(known)), find_(std::move(find)) {}

  // The first answer is what the search has seen already.
  Credentials fetch(Reuse reuse) override {
    if (asked_ || reuse == Reuse::forbidden) {
      if (auto found = find_()) known_ = std::move(*found);
    }
    asked_ = true;
    return known_;
  }

 private:
  Credentials known_;
  Find find_;
  bool asked_ = false;
};

KeySource source_of(Credentials found, Find find) {
  return {.label = found.origin,
          .inputs = json::write(json::Array{"keys", found.access_key}),
          .provider = std::make_unique<WrittenKeys>(std::move(found), std::move(find))};
}

}  // namespace

std::optional<KeySource> find_keys_in_environment(const Surroundings& surroundings) {
  const auto& environment = surroundings.environment;
  auto found = in_environment(environment);
  if (!found) return std::nullopt;
  return source_of(std::move(*found), [environment] { return in_environment(environment); });
}

std::optional<KeySource> find_keys_in_file(const Surroundings& surroundings,
                                           const std::string& profile, KeyFile which) {
  auto found = in_file(surroundings.profiles, profile, which);
  if (!found) return std::nullopt;
  return source_of(std::move(*found), [environment = surroundings.environment, profile, which] {
    return in_file(Profiles::load(environment), profile, which);
  });
}

}  // namespace aws
