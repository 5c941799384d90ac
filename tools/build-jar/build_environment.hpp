// SPDX-License-Identifier: Apache-2.0
//
// What a build sees of our environment. Build scripts and plugins run whatever a pull request says,
// so the credentials of the later stages never reach them: only what is named here passes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace build_jar {

using Variables = std::map<std::string, std::string>;

// `passed`: further names, from --env-pass. TZ becomes UTC and SOURCE_DATE_EPOCH the commit's time,
// so that the same commit gives the same bytes wherever it is built.
Variables build_environment(const Variables& ours, const std::vector<std::string>& passed,
                            std::int64_t commit_time);

}  // namespace build_jar
