// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace build_jar {

// A Java .properties file: comments, "=", ":" or blank as separator, continuation lines, escapes
// (java.util.Properties.load). A \u escape outside ASCII reads as '?'.
std::map<std::string, std::string, std::less<>> parse_properties(std::string_view text);

}  // namespace build_jar
