// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "text/split.hpp"

namespace build_jar {
namespace {

constexpr std::array<std::string_view, 41> allowed{
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "LANG", "LANGUAGE",
    // Java and the two build tools.
    "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "M2_HOME", "MVNW_REPOURL",
    "MVNW_VERBOSE", "GRADLE_USER_HOME", "GRADLE_OPTS", "GRADLE_HOME",
    // Proxies and trust.
    "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    // What Jenkins tells of the build. It finds the processes of an aborted build by the cookies.
    "CI", "JENKINS_NODE_COOKIE", "JENKINS_SERVER_COOKIE", "HUDSON_SERVER_COOKIE", "BUILD_ID",
    "BUILD_NUMBER", "BUILD_TAG", "JOB_NAME", "BRANCH_NAME", "CHANGE_ID", "GIT_BRANCH",
    "GIT_COMMIT"};

constexpr std::array<std::string_view, 2> allowed_prefixes{"LC_", "MAVEN_"};

constexpr std::array<std::string_view, 6> secret_words{"PASS", "SECRET", "TOKEN",
                                                       "CRED", "KEY",    "AUTH"};

bool sounds_secret(std::string_view name) {
  const auto upper = text::upper(name);
  return std::ranges::any_of(
      secret_words, [&](std::string_view word) { return upper.find(word) != std::string::npos; });
}

bool is_allowed(std::string_view name) {
  if (std::ranges::find(allowed, name) != allowed.end()) return true;
  return !sounds_secret(name) &&
         std::ranges::any_of(allowed_prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

Variables build_environment(const Variables& ours, const std::vector<std::string>& passed,
                            std::int64_t commit_time) {
  Variables theirs;
  for (const auto& [name, value] : ours) {
    const bool asked = std::ranges::find(passed, name) != passed.end();
    if (asked || is_allowed(name)) theirs.emplace(name, value);
  }
  theirs["TZ"] = "UTC";
  theirs["SOURCE_DATE_EPOCH"] = std::to_string(commit_time);
  return theirs;
}

}  // namespace build_jar
