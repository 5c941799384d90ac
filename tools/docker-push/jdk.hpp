// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "process/environment.hpp"

namespace docker_push {

// An installed JDK with jlink and jdeps.
struct Jdk {
  std::filesystem::path home;
  std::string release;  // its `release` file: vendor, exact version, modules
  int feature = 0;      // 17
  std::filesystem::path program(std::string_view name) const { return home / "bin" / name; }
};

// JAVA_HOME, else the JDK of `java` in PATH. Throws environment when there is none, or one without
// jlink (a JRE).
Jdk find_jdk(const process::Environment& environment);

// The value of a line like JAVA_VERSION="17.0.15"; empty when absent.
std::string release_value(std::string_view release, std::string_view name);

// 17 of "17.0.15", 8 of "1.8.0_402"; 0 when it is no version.
int feature_of(std::string_view java_version);

}  // namespace docker_push
