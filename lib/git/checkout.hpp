// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "process/environment.hpp"

namespace git {

// What a work tree holds, as far as a release needs to know.
struct Checkout {
  std::filesystem::path work_tree{};
  std::string commit{};          // of HEAD, 40 hex digits
  std::int64_t commit_time = 0;  // of the committer, seconds since the epoch
  std::string branch{};          // empty when HEAD is detached, as it is on most CI agents
  // For people, never an identifier: the nearest tag without its "v", "1.2.3-4-g<12 digits>" beyond
  // it, "0.0.0-g<12 digits>" without one, "0.0.0-shallow-g<12 digits>" where history is cut off;
  // "-dirty" appended when it is.
  std::string version{};
  std::string remote{};  // URL of origin, else of the first remote, without credentials
  bool dirty = false;    // a tracked file or a submodule's commit differs from HEAD
  bool shallow = false;
};

// Reads the checkout that `folder` lies in. Throws environment when there is none, when it has no
// commit yet, when libgit2 cannot read its format, or when it belongs to a user git does not trust.
Checkout checkout(const std::filesystem::path& folder, const process::Environment& environment);

// A remote's URL as it may be printed and recorded: user and password gone from http(s), the
// password gone from other schemes.
std::string without_credentials(std::string_view url);

}  // namespace git
