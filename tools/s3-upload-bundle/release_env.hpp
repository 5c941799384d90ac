// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "release/record.hpp"

namespace s3_upload_bundle {

// The file that tells a bundle's scripts what to run. The image is named by digest: a rollback
// deploys an old bundle again, and with a tag in it that would be the new image.
inline constexpr std::string_view release_env_name = "release.env";

struct ReleaseFacts {
  std::string repository;
  std::string digest;  // "sha256:…"
  std::string version;
  std::string commit;
};

// Throws usage when the record has no image yet, integrity when its digest is none.
ReleaseFacts facts_of(const release::Record& record);

// Lines KEY=value that a shell can source; values outside [A-Za-z0-9_./:@%+=,-] are quoted.
std::string release_env(const ReleaseFacts& facts);

}  // namespace s3_upload_bundle
