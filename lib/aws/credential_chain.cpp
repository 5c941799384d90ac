// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_chain.hpp"

#include <fmt/core.h>

#include <utility>

#include "aws/container_credentials.hpp"
#include "aws/instance_metadata.hpp"
#include "aws/process_credentials.hpp"
#include "aws/role.hpp"
#include "aws/sso.hpp"
#include "aws/static_keys.hpp"
#include "aws/web_identity.hpp"
#include "base/error.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::string_view instance_place = "the instance's metadata, if there is any";

// Takes the place if it is configured, notes why it was passed over if not.
bool take(Choice& choice, std::optional<KeySource> found, std::string_view why_not) {
  if (found) {
    choice.source = std::move(found);
    return true;
  }
  choice.passed_over.emplace_back(why_not);
  return false;
}

void require_profile(const Surroundings& surroundings) {
  const auto& profile = surroundings.profile;
  const auto& profiles = surroundings.profiles;
  if (profile == "default" || profiles.has(profile)) return;
  throw base::Error(
      base::Kind::environment,
      fmt::format("find AWS credentials: no profile '{}' in {} or {}", profile,
                  profiles.credentials_path().string(), profiles.config_path().string()),
      surroundings.profile_was_asked_for ? "check --profile" : "check AWS_PROFILE");
}

// The error of a place that was chosen, told with its name. What the other side refused is a matter
// of configuration here: nobody can deploy before it is put right.
class NamedProvider : public CredentialProvider {
 public:
  explicit NamedProvider(KeySource source)
      : label_(source.label), provider_(labelled(std::move(source))) {}

  Credentials fetch(Reuse reuse) override {
    try {
      return provider_->fetch(reuse);
    } catch (const base::Error& error) {
      const bool silent =
          error.kind() == base::Kind::unavailable || error.kind() == base::Kind::timed_out;
      throw base::Error(silent ? base::Kind::unavailable : base::Kind::environment,
                        fmt::format("find AWS credentials: {}: {}", label_, error.message()),
                        error.hint());
    }
  }

 private:
  std::string label_;
  std::unique_ptr<CredentialProvider> provider_;
};

std::string shown(const std::filesystem::path& path) {
  return path.empty() ? "~/.aws (no HOME)" : path.string();
}

[[noreturn]] void nothing_found(const Surroundings& from, std::string_view why_no_instance) {
  const auto environment =
      from.profile_was_asked_for
          ? std::string()
          : "the environment (AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE), ";
  throw base::Error(
      base::Kind::environment,
      fmt::format("find AWS credentials: none in {}profile {} of {} and {} (keys, role_arn, "
                  "web_identity_token_file, sso_role_name, credential_process), a container "
                  "(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI) or "
                  "an instance ({})",
                  environment, from.profile, shown(from.profiles.credentials_path()),
                  shown(from.profiles.config_path()), why_no_instance),
      "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure; for the sandbox: "
      "eval \"$(deploy-sandbox env)\"");
}

// The last place, which needs no configuration: whether there is one shows when it is asked.
class LastResort : public CredentialProvider {
 public:
  explicit LastResort(const Surroundings& surroundings)
      : surroundings_(surroundings), metadata_(surroundings) {
    if (metadata_.is_disabled()) nothing_found(surroundings_, "AWS_EC2_METADATA_DISABLED is true");
  }

  Credentials fetch(Reuse) override {
    auto answer = metadata_.keys();
    if (const auto* none = std::get_if<NoInstanceKeys>(&answer)) {
      nothing_found(surroundings_, none->why);
    }
    return std::get<Credentials>(std::move(answer));
  }

 private:
  Surroundings surroundings_;
  InstanceMetadata metadata_;
};

}  // namespace

Choice choose_in_profile(const Surroundings& from, const std::string& profile,
                         EnvironmentCounts environment) {
  Choice choice;
  const auto in = [&](std::string_view what, const std::filesystem::path& path) {
    return fmt::format("profile {} in {}: {}", profile, shown(path), what);
  };
  const auto& config = from.profiles.config_path();
  const auto& shared = from.profiles.credentials_path();
  static_cast<void>(
      take(choice, find_web_identity(from, profile, environment),
           environment == EnvironmentCounts::yes
               ? "AWS_WEB_IDENTITY_TOKEN_FILE: not set, nor web_identity_token_file"
               : in("no web_identity_token_file", config)) ||
      take(choice, find_sso(from, profile), in("no sso_role_name", config)) ||
      take(choice, find_keys_in_file(from, profile, KeyFile::credentials), in("no keys", shared)) ||
      take(choice, find_process(from, profile), in("no credential_process", config)) ||
      take(choice, find_keys_in_file(from, profile, KeyFile::config), in("no keys", config)));
  return choice;
}

Choice choose_source(const Surroundings& from) {
  Choice choice;
  if (from.profile_was_asked_for) {
    choice.passed_over.emplace_back("the environment: --profile comes before it");
  } else if (take(choice, find_keys_in_environment(from),
                  "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: not set")) {
    return choice;
  }
  require_profile(from);
  if (take(choice, find_role(from, from.profile),
           fmt::format("profile {}: no role_arn", from.profile))) {
    return choice;
  }
  auto in_profile = choose_in_profile(
      from, from.profile,
      from.profile_was_asked_for ? EnvironmentCounts::no : EnvironmentCounts::yes);
  for (auto& why : in_profile.passed_over) choice.passed_over.push_back(std::move(why));
  choice.source = std::move(in_profile.source);
  if (!choice.source) {
    take(choice, find_container(from),
         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI: not set");
  }
  return choice;
}

std::string key_place(const CredentialSearch& search) {
  try {
    const auto surroundings = surroundings_of(search);
    if (const auto choice = choose_source(surroundings); choice.source) return choice.source->label;
    const LastResort instance(surroundings);  // throws when metadata is switched off
    return std::string(instance_place);
  } catch (const base::Error& error) {
    return "none: " + error.message();
  }
}

std::shared_ptr<CredentialStore> find_credentials(const CredentialSearch& search) {
  const auto surroundings = surroundings_of(search);
  auto choice = choose_source(surroundings);
  logging::debug("AWS keys come from {}; passed over: {}",
                 choice.source ? choice.source->label : instance_place,
                 choice.passed_over.empty() ? "nothing" : text::join(choice.passed_over, "; "));
  std::unique_ptr<CredentialProvider> provider;
  if (choice.source) {
    provider = std::make_unique<NamedProvider>(std::move(*choice.source));
  } else {
    provider = std::make_unique<LastResort>(surroundings);
  }
  return std::make_shared<CredentialStore>(std::move(provider), search.clock);
}

}  // namespace aws
