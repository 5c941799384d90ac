// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "build-jar/build_tool.hpp"

namespace build_jar {

std::vector<std::string> maven_arguments(const BuildRequest& request);

}  // namespace build_jar
