// SPDX-License-Identifier: Apache-2.0
#include "aws/session.hpp"

#include <fmt/core.h>

#include <optional>

#include "aws/instance_metadata.hpp"
#include "base/error.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::uint64_t most_attempts = 100;

// From the environment, else from the profile, with where it was found.
struct Setting {
  std::string value;
  std::string origin;
};

std::optional<Setting> find_setting(const CredentialSearch& from, const std::string& profile,
                                    const std::string& variable, const std::string& key) {
  if (auto value = from.environment(variable)) return Setting{*value, variable};
  if (auto value = from.profiles.find_setting(profile, key)) {
    return Setting{*value, fmt::format("{} of profile {}", key, profile)};
  }
  return std::nullopt;
}

// One back-off serves all modes: legacy has no quota and adaptive slows down before it is told to,
// and neither is worth a second policy for a tool that sends a few hundred requests.
void check_retry_mode(const CredentialSearch& from, const std::string& profile) {
  const auto mode = find_setting(from, profile, "AWS_RETRY_MODE", "retry_mode");
  if (!mode || mode->value == "standard") return;
  if (mode->value != "legacy" && mode->value != "adaptive") {
    throw base::Error(base::Kind::environment,
                      fmt::format("read {}: '{}' is neither standard, adaptive nor legacy",
                                  mode->origin, mode->value));
  }
  logging::debug("{} is {}: requests are repeated as in standard mode", mode->origin, mode->value);
}

int find_attempts(const CredentialSearch& from, const std::string& profile) {
  const auto told = find_setting(from, profile, "AWS_MAX_ATTEMPTS", "max_attempts");
  if (!told) return 3;
  const auto number = text::find_number(told->value);
  if (!number || *number == 0 || *number > most_attempts) {
    throw base::Error(base::Kind::environment,
                      fmt::format("read {}: '{}' is no number from 1 to {}", told->origin,
                                  told->value, most_attempts));
  }
  return static_cast<int>(*number);
}

base::Error no_region(const std::string& profile) {
  return {base::Kind::environment,
          fmt::format("find the AWS region: neither --region, AWS_REGION, AWS_DEFAULT_REGION nor "
                      "profile {} names one",
                      profile),
          "pass --region, for instance --region eu-central-1"};
}

}  // namespace

Session open_session(const SessionOptions& options, const process::Environment& environment,
                     timing::Clock& clock, std::stop_token stop) {
  const auto profiles = Profiles::load(environment);
  const auto profile = profile_name(environment, options.profile);
  CredentialSearch search{.environment = environment,
                          .profiles = profiles,
                          .explicit_profile = options.profile,
                          .ca_file = environment("AWS_CA_BUNDLE").value_or(""),
                          .clock = clock,
                          .stop = std::move(stop)};
  auto region = find_region(environment, profiles, profile, options.region);
  if (!region) region = find_instance_region(search);
  if (!region || !is_region_name(*region)) throw no_region(profile);
  search.region = *region;
  check_retry_mode(search, profile);
  auto overrides = find_overrides(environment, profiles, profile, options.endpoint_url);
  const auto addressing = find_addressing(profiles, profile, overrides);
  return {.region = search.region,
          .credentials = find_credentials(search),
          .overrides = std::move(overrides),
          .ca_file = search.ca_file,
          .variant = find_variant(environment, profiles, profile),
          .s3_addressing = addressing,
          .attempts = find_attempts(search, profile)};
}

std::string key_place(const SessionOptions& options, const process::Environment& environment) {
  timing::SystemClock clock;
  const auto profiles = Profiles::load(environment);
  return key_place({.environment = environment,
                    .profiles = profiles,
                    .explicit_profile = options.profile,
                    .clock = clock});
}

http::ClientOptions client_options(const Session& session) {
  http::ClientOptions options;
  options.connect_timeout = std::chrono::milliseconds(3'100);
  options.ca_file = session.ca_file;
  options.attempts = session.attempts;
  for (const auto service : {Service::s3, Service::codedeploy, Service::load_balancing,
                             Service::auto_scaling, Service::sts, Service::ecr}) {
    const auto& url = session.overrides.of(service);
    if (url && url->scheme == "http") options.plain_http_hosts.push_back(url->authority());
  }
  return options;
}

}  // namespace aws
