// SPDX-License-Identifier: Apache-2.0
//
// Who signs the requests, found in the order that every AWS client uses: the environment, the
// profile's role, web identity, SSO, keys in the credentials file, a program, keys in the config
// file, the container, the instance.
//
// A place that is configured but yields nothing ends the search with its reason. Going on to the
// next one would act under another, often wider identity: a pod whose web identity is broken would
// deploy as its node.
#pragma once

#include <condition_variable>
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

// May keys come that an earlier process fetched and left on disk? Not after a service refused them.
enum class Reuse { allowed, forbidden };

// One place that keys come from.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;

  // Keys as they are now; throws environment when the place is broken, unavailable when it did not
  // answer.
  virtual Credentials fetch(Reuse reuse) = 0;
};

// When keys are to be fetched anew.
struct RefreshTimes {
  timing::SystemTime advised;   // from here on a failure only warns
  timing::SystemTime required;  // from here on it ends the call
};

// 15 and 10 minutes before the end. Keys that live less than half an hour, as STS gives for a
// duration of 900 s, would always be due: for them at a half and at two thirds of their life.
RefreshTimes refresh_times(timing::SystemTime now, timing::SystemTime expires);

// The keys of a process, asked for before each attempt and fetched anew before they run out.
// Thread-safe; one thread fetches, the others go on with the keys at hand while those last.
class CredentialStore {
 public:
  CredentialStore(std::unique_ptr<CredentialProvider> provider, timing::Clock& clock);

  // Throws what the provider throws, and environment for keys that are over when they come.
  Credentials current();

  // After a service refused `rejected` as expired: true when the place now gives other keys.
  bool renew(const Credentials& rejected);

 private:
  class Turn;

  void fetch(std::unique_lock<std::mutex>& lock, Reuse reuse);

  std::unique_ptr<CredentialProvider> provider_;
  timing::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable fetched_;
  bool fetching_ = false;
  std::optional<Credentials> held_;
  RefreshTimes times_{};  // of held_, when it expires
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
// looked at, when nothing is configured; that there is no instance metadata either shows only when
// keys are needed. Secret values are registered for masking. A debug line tells the choice and why
// the places before it were passed over.
std::shared_ptr<CredentialStore> find_credentials(const CredentialSearch& search);

// The place that find_credentials() would choose, in words, or "none: " and why it would throw.
// Asks no place.
std::string key_place(const CredentialSearch& search);

}  // namespace aws
