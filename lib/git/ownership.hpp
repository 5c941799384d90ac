// SPDX-License-Identifier: Apache-2.0
//
// git's safe.directory rules, which libgit2 1.5 does not follow.
//
// git refuses a repository of another user unless protected configuration names it. libgit2 knows
// the plain form only: it ignores "*", GIT_CONFIG_GLOBAL and GIT_CONFIG_COUNT, and answers "not
// found" when no entry exists at all. Docker agents meet this in every job, so the rules are
// evaluated here the way git does (setup.c, ensure_valid_ownership).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/environment.hpp"

namespace git {

// The values of safe.directory in git's order: system file, global files, GIT_CONFIG_COUNT. The
// repository's own configuration has no say.
std::vector<std::string> safe_directories(const process::Environment& environment);

// Whether these values allow `work_tree`: "*", the folder itself, "folder/*" for all below it; an
// empty value forgets what came before it.
bool allows(const std::vector<std::string>& values, const std::filesystem::path& work_tree,
            const process::Environment& environment);

// The first of work tree, .git and git directory that is not `user`'s, with its owner. Under sudo
// root also owns what the calling user owns.
struct Foreign {
  std::filesystem::path path;
  uid_t owner{};
};
std::optional<Foreign> find_foreign(const std::filesystem::path& work_tree, uid_t user,
                                    const process::Environment& environment);

// The nearest folder at or above `folder` that has a .git; absent when there is none.
std::optional<std::filesystem::path> find_work_tree(const std::filesystem::path& folder);

}  // namespace git
