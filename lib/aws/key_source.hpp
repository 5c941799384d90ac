// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials.hpp"
#include "aws/profiles.hpp"
#include "aws/session.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "process/environment.hpp"
#include "timing/clock.hpp"

namespace aws {

// What a search for keys gives to the places it looks at: copies, since they outlive the search.
struct Surroundings {
  process::Environment environment;
  Profiles profiles;
  std::string profile;                 // in force
  bool profile_was_asked_for = false;  // by --profile: the environment's keys do not count
  std::string region{};
  std::string ca_file{};
  timing::Clock* clock = nullptr;
  std::stop_token stop{};
};

Surroundings surroundings_of(const CredentialSearch& search);

// A place that is configured to give keys.
struct KeySource {
  std::string label;  // "profile ci (role arn:aws:iam::1:role/deploy with the keys of …)"
  // All that decides whose keys come out, as JSON; no secrets. Names the file of the disk cache.
  std::string inputs;
  std::unique_ptr<CredentialProvider> provider;
};

// The source's provider, with the label as the origin of its keys.
std::unique_ptr<CredentialProvider> labelled(KeySource source);

// The first of some places that is configured, and why those before it were not.
struct Choice {
  std::optional<KeySource> source{};
  std::vector<std::string> passed_over{};
};

// Folder of what the tools may keep of keys on disk: $XDG_CACHE_HOME or ~/.cache,
// stagecraft/credentials; empty without a home, as then nothing is kept.
std::filesystem::path credential_cache_folder(const process::Environment& environment);

// The region's STS, or what the user gave instead; --endpoint-url is for the tool's own service.
http::Url sts_address(const Surroundings& surroundings);

// What a call of STS with these keys needs.
Session sts_session(const Surroundings& surroundings, std::shared_ptr<CredentialStore> keys);

// For requests to STS and SSO at that address.
http::ClientOptions identity_client_options(const Surroundings& surroundings, const http::Url& url);

// For errors in a profile's settings: kind environment, "profile ci: …".
base::Error profile_error(const std::string& profile, std::string_view what, std::string hint = {});

// The role session's name when the profile gives none; CloudTrail shows it.
std::string session_name(const timing::Clock& clock);

}  // namespace aws
