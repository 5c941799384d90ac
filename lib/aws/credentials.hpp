// SPDX-License-Identifier: Apache-2.0
//
// Who signs the requests, found in the order that every AWS client uses: the environment, then the
// profile files.
//
// A place that is configured but yields nothing ends the search with its reason. Going on to the
// next one would act under another, often wider identity: a pod whose web identity is broken would
// deploy as its node.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "aws/profiles.hpp"
#include "process/environment.hpp"
#include "timing/clock.hpp"

namespace aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token{};  // empty: long-lived keys
  std::string origin{};  // for messages: "environment", "profile ci in /root/.aws/credentials"
  std::optional<timing::SystemTime> expires{};  // absent: never
};

// One place that keys come from.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;

  // Keys as they are now; throws environment when the place is broken, unavailable when it did not
  // answer.
  virtual Credentials fetch() = 0;
};

// The keys of a process, asked for before each attempt and fetched anew before they run out.
// Thread-safe.
class CredentialStore {
 public:
  CredentialStore(std::unique_ptr<CredentialProvider> provider, timing::Clock& clock);

  Credentials current();

  // After a service refused `rejected` as expired: true when the place now gives other keys.
  bool renew(const Credentials& rejected);

 private:
  std::unique_ptr<CredentialProvider> provider_;
  timing::Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> held_;
};

// Keys that are known already.
std::shared_ptr<CredentialStore> store_of(Credentials credentials, timing::Clock& clock);

// What the search for keys looks at, and what providers need to ask.
struct CredentialSearch {
  const process::Environment& environment;
  const Profiles& profiles;
  std::string explicit_profile{};  // what --profile said: puts the profile before the
                                   // environment's keys, which AWS_PROFILE does not
  std::string region{};            // for STS and SSO; may be empty
  std::string ca_file{};
  timing::Clock& clock;
  std::stop_token stop{};
};

// Chooses the place; asks it only when keys are needed. Throws environment, naming all that was
// looked at, when nothing is configured. Secret values are registered for masking.
std::shared_ptr<CredentialStore> find_credentials(const CredentialSearch& search);

}  // namespace aws
