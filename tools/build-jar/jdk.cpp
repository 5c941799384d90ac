// SPDX-License-Identifier: Apache-2.0
#include "build-jar/jdk.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "file/file.hpp"
#include "text/split.hpp"

namespace build_jar {
namespace {

namespace fs = std::filesystem;

constexpr const char* install = "apt-get install openjdk-17-jdk-headless, or set JAVA_HOME";
constexpr std::uint64_t release_file_cap = 1U << 20U;

bool is_program(const fs::path& path) { return ::access(path.c_str(), X_OK) == 0; }

// Every JDK since 9 has a small file `release` with JAVA_VERSION="17.0.15"; asking java itself
// would cost 0.1 to 0.2 s.
std::string version_of(const fs::path& home) {
  const auto content = file::find(home / "release", release_file_cap).value_or("");
  for (const auto line : text::lines(content)) {
    const auto parts = text::cut(line, "=");
    if (!parts || parts->first != "JAVA_VERSION") continue;
    auto value = text::trim(parts->second);
    if (value.size() >= 2 && value.starts_with('"')) value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return "unknown";
}

Jdk jdk_at(const fs::path& home) {
  return {
      .home = home, .version = version_of(home), .has_compiler = is_program(home / "bin/javac")};
}

}  // namespace

Jdk jdk(const process::Environment& environment) {
  if (const auto home = environment("JAVA_HOME")) {
    if (is_program(fs::path(*home) / "bin/java")) return jdk_at(*home);
    throw base::Error(base::Kind::environment,
                      fmt::format("find a JDK: JAVA_HOME is {}, which has no bin/java", *home),
                      install);
  }
  const auto java = process::find_program("java");
  if (!java) {
    throw base::Error(base::Kind::environment,
                      "find a JDK: JAVA_HOME is not set and no java is in PATH", install);
  }
  std::error_code error;
  const auto real = fs::canonical(*java, error);
  const auto home = real.parent_path().parent_path();
  if (error || !fs::is_regular_file(home / "release", error)) {
    return {.home = {},
            .version = "unknown",
            .has_compiler = process::find_program("javac").has_value()};
  }
  return jdk_at(home);
}

}  // namespace build_jar
