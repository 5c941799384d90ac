// SPDX-License-Identifier: Apache-2.0
#include "aws/role.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "aws/caller.hpp"
#include "aws/container_credentials.hpp"
#include "aws/credential_cache.hpp"
#include "aws/credential_chain.hpp"
#include "aws/instance_metadata.hpp"
#include "aws/static_keys.hpp"
#include "aws/sts.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "json/value.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

using Visited = std::vector<std::string>;

class RoleProvider : public CredentialProvider {
 public:
  RoleProvider(Surroundings surroundings, RoleRequest role, KeySource source)
      : surroundings_(std::move(surroundings)),
        role_(std::move(role)),
        source_(
            std::make_shared<CredentialStore>(labelled(std::move(source)), *surroundings_.clock)) {}

  Credentials fetch(Reuse) override {
    http::Client client(*surroundings_.clock, surroundings_.stop,
                        identity_client_options(surroundings_, sts_address(surroundings_)));
    Caller caller(client, sts_session(surroundings_, source_));
    auto role = role_;
    if (role.session_name.empty()) role.session_name = session_name(*surroundings_.clock);
    return Sts(caller).assume_role(role);
  }

 private:
  Surroundings surroundings_;
  RoleRequest role_;
  std::shared_ptr<CredentialStore> source_;
};

bool has_keys(const Profiles& profiles, const std::string& profile) {
  return profiles.find_either(profile, "aws_access_key_id") ||
         profiles.find_either(profile, "aws_secret_access_key");
}

bool has_role(const Profiles& profiles, const std::string& profile) {
  return profiles.find_either(profile, "role_arn") &&
         !profiles.find_either(profile, "web_identity_token_file");
}

RoleRequest role_of(const Profiles& profiles, const std::string& profile) {
  const auto setting = [&](std::string_view key) { return profiles.find_either(profile, key); };
  RoleRequest role{.role_arn = *setting("role_arn"),
                   .session_name = setting("role_session_name").value_or(""),
                   .external_id = setting("external_id").value_or("")};
  if (const auto duration = setting("duration_seconds")) {
    const auto seconds = text::find_number(*duration);
    if (!seconds || *seconds < 900 || *seconds > 43'200) {
      throw profile_error(profile, fmt::format("duration_seconds is '{}'", *duration),
                          "set it to a number from 900 to 43200");
    }
    role.duration = std::chrono::seconds(*seconds);
  }
  if (setting("mfa_serial")) {
    throw profile_error(
        profile,
        fmt::format("role {} is set up with mfa_serial, and nobody is here to type a code",
                    role.role_arn),
        fmt::format("type it once in your shell and hand on the keys: eval \"$(aws configure "
                    "export-credentials --profile {} --format env)\"",
                    profile));
  }
  return role;
}

std::optional<KeySource> find_named_source(const Surroundings& surroundings,
                                           const std::string& profile, const std::string& name) {
  if (text::equal_ignoring_case(name, "Environment")) return find_keys_in_environment(surroundings);
  if (text::equal_ignoring_case(name, "EcsContainer")) return find_container(surroundings);
  if (text::equal_ignoring_case(name, "Ec2InstanceMetadata")) return instance_source(surroundings);
  throw profile_error(profile, fmt::format("credential_source is '{}'", name),
                      "set it to Environment, Ec2InstanceMetadata or EcsContainer");
}

KeySource role_source(const Surroundings& surroundings, const std::string& profile,
                      Visited visited);

KeySource profile_source(const Surroundings& surroundings, const std::string& parent,
                         const std::string& source, Visited visited) {
  const auto& profiles = surroundings.profiles;
  if (!profiles.has(source)) {
    throw profile_error(parent, fmt::format("its source_profile '{}' does not exist", source),
                        "check source_profile");
  }
  const bool seen = std::find(visited.begin(), visited.end(), source) != visited.end();
  if (seen && (source != parent || !has_keys(profiles, source))) {
    visited.push_back(source);
    throw profile_error(
        parent,
        fmt::format("source_profile goes round in a circle: {}", text::join(visited, " → ")),
        "let the last one hold keys of its own");
  }
  if (has_role(profiles, source) && !has_keys(profiles, source)) {
    visited.push_back(source);
    return role_source(surroundings, source, std::move(visited));
  }
  auto choice = choose_in_profile(surroundings, source, EnvironmentCounts::no);
  if (!choice.source) {
    throw profile_error(parent,
                        fmt::format("its source_profile '{}' has no keys ({})", source,
                                    text::join(choice.passed_over, "; ")),
                        "give that profile keys, or name another");
  }
  return std::move(*choice.source);
}

KeySource source_of(const Surroundings& surroundings, const std::string& profile, Visited visited) {
  const auto source = surroundings.profiles.find_either(profile, "source_profile");
  const auto named = surroundings.profiles.find_either(profile, "credential_source");
  if (!source && !named) {
    throw profile_error(profile,
                        "role_arn is set, and neither source_profile nor credential_source says "
                        "with whose keys to assume it",
                        "add source_profile");
  }
  if (source && named) {
    throw profile_error(profile, "source_profile and credential_source are both set",
                        "leave one of them out");
  }
  if (source) return profile_source(surroundings, profile, *source, std::move(visited));
  auto found = find_named_source(surroundings, profile, *named);
  if (!found) {
    throw profile_error(profile,
                        fmt::format("credential_source is {}, and there are no keys", *named));
  }
  return std::move(*found);
}

KeySource role_source(const Surroundings& surroundings, const std::string& profile,
                      Visited visited) {
  auto role = role_of(surroundings.profiles, profile);
  auto source = source_of(surroundings, profile, std::move(visited));
  const auto duration = role.duration ? role.duration->count() : 0;
  auto label =
      fmt::format("profile {} (role {} with the keys of {})", profile, role.role_arn, source.label);
  auto inputs = json::write(json::Array{"role", role.role_arn, role.external_id, role.session_name,
                                        std::int64_t{duration}, sts_address(surroundings).text(),
                                        source.inputs});
  return cached({.label = std::move(label),
                 .inputs = std::move(inputs),
                 .provider = std::make_unique<RoleProvider>(surroundings, std::move(role),
                                                            std::move(source))},
                surroundings);
}

}  // namespace

std::optional<KeySource> find_role(const Surroundings& surroundings, const std::string& profile) {
  if (!has_role(surroundings.profiles, profile)) return std::nullopt;
  return role_source(surroundings, profile, {profile});
}

}  // namespace aws
