// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archives/zip_writer.hpp"

namespace s3_upload_bundle {

// What will be in the archive, and what was left out of it.
struct Bundle {
  std::vector<archives::ZipInput> entries;  // release.env included
  std::vector<std::string> left_out;        // .git, .svn, .hg, .DS_Store
  std::uint64_t size = 0;                   // of all files, before packing
};

// Reads the folder and checks what CodeDeploy would find out only on the instances: appspec.yml is
// in the root and the agent can read it, every script that a hook names is there, no link leads out
// of the folder, no .env goes along. Throws integrity naming rule, file and line; usage when there
// is no such folder.
Bundle read_bundle(const std::filesystem::path& folder, std::string release_env);

}  // namespace s3_upload_bundle
