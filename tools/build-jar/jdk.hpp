// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "process/environment.hpp"

namespace build_jar {

struct Jdk {
  std::filesystem::path home{};  // empty when `java` is a script that hides it
  std::string version{};         // "17.0.15"; "unknown" when it does not tell
  bool has_compiler = false;
};

// What the build will run on: JAVA_HOME, else java in PATH. Starts no JVM. Throws environment when
// there is none or JAVA_HOME names none.
Jdk jdk(const process::Environment& environment);

}  // namespace build_jar
