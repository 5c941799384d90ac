// SPDX-License-Identifier: Apache-2.0
#include "aws/key_source.hpp"

#include <fmt/core.h>

#include <utility>

#include "aws/endpoint.hpp"
#include "aws/exchange.hpp"

namespace aws {
namespace {

class LabelledProvider : public CredentialProvider {
 public:
  explicit LabelledProvider(KeySource source) : source_(std::move(source)) {}

  Credentials fetch(Reuse reuse) override {
    auto credentials = source_.provider->fetch(reuse);
    credentials.origin = source_.label;
    return credentials;
  }

 private:
  KeySource source_;
};

}  // namespace

std::unique_ptr<CredentialProvider> labelled(KeySource source) {
  return std::make_unique<LabelledProvider>(std::move(source));
}

Surroundings surroundings_of(const CredentialSearch& search) {
  return {.environment = search.environment,
          .profiles = search.profiles,
          .profile = profile_name(search.environment, search.explicit_profile),
          .profile_was_asked_for = !search.explicit_profile.empty(),
          .region = search.region,
          .ca_file = search.ca_file,
          .clock = &search.clock,
          .stop = search.stop};
}

std::filesystem::path credential_cache_folder(const process::Environment& environment) {
  const auto beneath = [](std::filesystem::path folder) {
    return folder / "stagecraft" / "credentials";
  };
  if (const auto cache = environment("XDG_CACHE_HOME")) return beneath(*cache);
  if (const auto home = environment("HOME")) {
    return beneath(std::filesystem::path(*home) / ".cache");
  }
  return {};
}

Session sts_session(const Surroundings& from, std::shared_ptr<CredentialStore> keys) {
  return {.region = from.region.empty() ? "us-east-1" : from.region,
          .credentials = std::move(keys),
          .overrides = find_overrides(from.environment, from.profiles, from.profile, ""),
          .ca_file = from.ca_file,
          .variant = find_variant(from.environment, from.profiles, from.profile)};
}

http::Url sts_address(const Surroundings& surroundings) {
  const auto session = sts_session(surroundings, nullptr);
  return endpoint_of(session, Service::sts, session.region);
}

http::ClientOptions identity_client_options(const Surroundings& surroundings,
                                            const http::Url& url) {
  http::ClientOptions options{.connect_timeout = std::chrono::milliseconds(3'100),
                              .total = std::chrono::seconds(20),
                              .ca_file = surroundings.ca_file};
  // Only an address that the user gave has this scheme.
  if (url.scheme == "http") options.plain_http_hosts.push_back(url.authority());
  return options;
}

base::Error profile_error(const std::string& profile, std::string_view what, std::string hint) {
  return {base::Kind::environment,
          fmt::format("find AWS credentials in profile {}: {}", profile, what), std::move(hint)};
}

std::string session_name(const timing::Clock& clock) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch());
  return fmt::format("stagecraft-{}", seconds.count());
}

}  // namespace aws
