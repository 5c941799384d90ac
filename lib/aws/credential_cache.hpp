// SPDX-License-Identifier: Apache-2.0
//
// Keys on disk for the next tool of the same pipeline, so that each does not assume the role anew.
//
// Kept are keys that end and that take a call or a program to get: of a role, of SSO, of a program.
// Not kept are those of a web identity: the token in its file is the proof, it changes within the
// hour, and a pod has nobody to share with. A file's name is the hash of all that decides whose
// keys they are. A file that others could have written or read is not looked at, and a cache that
// does not work is as good as none.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials.hpp"
#include "aws/key_source.hpp"

namespace aws {

class CredentialCache {
 public:
  explicit CredentialCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Absent unless they last more than 15 minutes from `now`.
  std::optional<Credentials> find(std::string_view inputs, timing::SystemTime now) const;

  // Keeps what ends later than 15 minutes from `now`; says in a debug line when it cannot.
  void keep(std::string_view inputs, const Credentials& credentials, timing::SystemTime now) const;

  std::filesystem::path path_of(std::string_view inputs) const;

 private:
  std::filesystem::path folder_;  // empty: nothing is kept
};

// The same source with the cache before it.
KeySource cached(KeySource source, const Surroundings& surroundings);

}  // namespace aws
