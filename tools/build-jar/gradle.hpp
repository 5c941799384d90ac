// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "build-jar/build_tool.hpp"

namespace build_jar {

std::vector<std::string> gradle_arguments(const BuildRequest& request);

// Whether this line of Gradle's plain console says that the boot jar of an earlier run still holds.
bool says_boot_jar_is_current(std::string_view line);

}  // namespace build_jar
