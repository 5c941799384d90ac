// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jdk.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "file/file.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::string_view hint =
    "install a JDK (Debian: openjdk-17-jdk-headless), or give --base REF";

std::filesystem::path home_of(const process::Environment& environment) {
  if (const auto home = environment("JAVA_HOME")) return *home;
  const auto java = process::find_program("java");
  if (!java) {
    throw base::Error(base::Kind::environment,
                      "make a Java runtime: JAVA_HOME is not set and no java is in PATH",
                      std::string(hint));
  }
  std::error_code error;
  const auto real = std::filesystem::canonical(*java, error);
  return error ? java->parent_path().parent_path() : real.parent_path().parent_path();
}

}  // namespace

std::string release_value(std::string_view release, std::string_view name) {
  for (const std::string_view line : text::lines(release)) {
    const auto parts = text::cut(line, "=");
    if (!parts || parts->first != name) continue;
    std::string_view value = text::trim(parts->second);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

int feature_of(std::string_view java_version) {
  if (java_version.starts_with("1.")) java_version.remove_prefix(2);
  const std::size_t end = java_version.find_first_not_of("0123456789");
  return static_cast<int>(text::find_number(java_version.substr(0, end)).value_or(0));
}

Jdk find_jdk(const process::Environment& environment) {
  Jdk jdk{.home = home_of(environment), .release = {}};
  for (const std::string_view name : {"jlink", "jdeps"}) {
    if (process::find_program(jdk.program(name).string())) continue;
    throw base::Error(
        base::Kind::environment,
        fmt::format("make a Java runtime from {}: it has no {}", jdk.home.string(), name),
        std::string(hint));
  }
  jdk.release = file::read(jdk.home / "release");
  jdk.feature = feature_of(release_value(jdk.release, "JAVA_VERSION"));
  if (jdk.feature < 11) {
    throw base::Error(base::Kind::environment,
                      fmt::format("make a Java runtime from {}: its version is {}",
                                  jdk.home.string(), release_value(jdk.release, "JAVA_VERSION")),
                      "use a JDK of version 17 or later");
  }
  return jdk;
}

}  // namespace docker_push
