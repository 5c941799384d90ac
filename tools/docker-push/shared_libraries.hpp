// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace docker_push {

struct LibraryList {
  std::set<std::string> paths;    // absolute, as the loader would open them; its own included
  std::set<std::string> missing;  // names that were not found
};

// What `ldd` printed, without what lies below `own`.
LibraryList parse_ldd(std::string_view output, const std::filesystem::path& own);

// The libraries of this machine that the programs and libraries of a Java runtime load.
LibraryList shared_libraries(const std::filesystem::path& jre, std::stop_token stop);

}  // namespace docker_push
