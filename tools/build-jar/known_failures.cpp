// SPDX-License-Identifier: Apache-2.0
#include "build-jar/known_failures.hpp"

#include <algorithm>

#include "text/split.hpp"

namespace build_jar {
namespace {

using base::Kind;

constexpr std::size_t longest_evidence = 300;
constexpr std::size_t longest_looked_at = 2'000;

constexpr std::string_view rerun = "check the network or the repository's state, then run it again";
constexpr std::string_view newer_jdk =
    "let JAVA_HOME name a JDK of at least the project's Java version";

constexpr auto table = std::to_array<KnownFailure>({
    {"wrapper_hash",
     Kind::integrity,
     {"Failed to validate", "SHA-256"},
     {},
     "the downloaded build tool is not the one the wrapper names",
     "compare distributionSha256Sum with the publisher's"},
    {"wrapper_hash",
     Kind::integrity,
     {"Verification of Gradle distribution failed"},
     {},
     "the downloaded build tool is not the one the wrapper names",
     "compare distributionSha256Sum with the publisher's"},
    {"corrupt_cache",
     Kind::environment,
     {"zip END header not found"},
     {},
     "a jar in the dependency cache is damaged",
     "remove the file the line names, then run it again"},
    {"no_space",
     Kind::environment,
     {"No space left on device"},
     {},
     "the disk is full",
     "free space in the workspace and in the dependency cache"},
    {"memory",
     Kind::environment,
     {"insufficient memory for the Java Runtime"},
     {},
     "the machine has too little memory for the build",
     "lower -Xmx or free memory"},
    {"memory",
     Kind::environment,
     {"java.lang.OutOfMemoryError"},
     {},
     "the build ran out of memory",
     "raise -Xmx in .mvn/jvm.config, or org.gradle.jvmargs in gradle.properties"},
    {"no_jdk",
     Kind::environment,
     {"No compiler is provided in this environment"},
     {},
     "the Java found is a JRE without a compiler",
     "apt-get install openjdk-17-jdk-headless, or let JAVA_HOME name a JDK"},
    {"no_jdk",
     Kind::environment,
     {"JAVA_HOME", "not defined correctly"},
     {},
     "JAVA_HOME names no JDK",
     "let JAVA_HOME name a JDK"},
    {"no_jdk",
     Kind::environment,
     {"JAVA_HOME is set to an invalid directory"},
     {},
     "JAVA_HOME names no JDK",
     "let JAVA_HOME name a JDK"},
    {"old_jdk",
     Kind::environment,
     {"error: release version", "not supported"},
     {},
     "the JDK is older than the project's Java version",
     newer_jdk},
    {"old_jdk",
     Kind::environment,
     {"invalid target release"},
     {},
     "the JDK is older than the project's Java version",
     newer_jdk},
    {"old_jdk",
     Kind::environment,
     {"UnsupportedClassVersionError"},
     {},
     "the JDK is older than what the build needs",
     newer_jdk},
    {"new_jdk",
     Kind::environment,
     {"Unsupported class file major version"},
     {},
     "the JDK is newer than the build tool knows",
     "let JAVA_HOME name an older JDK, or raise the version of the build tool"},
    {"compile_error",
     Kind::refused,
     {"COMPILATION ERROR"},
     {"[ERROR]", ".java:["},
     "compile error",
     "mend the line it names"},
    {"compile_error",
     Kind::refused,
     {"COMPILATION ERROR"},
     {"[ERROR]", ".kt:"},
     "compile error",
     "mend the line it names"},
    {"compile_error",
     Kind::refused,
     {"Compilation failed; see the compiler"},
     {".java:", ": error:"},
     "compile error",
     "mend the line it names"},
    {"compile_error",
     Kind::refused,
     {"Compilation error. See log for more details"},
     {"e: "},
     "compile error",
     "mend the line it names"},
    {"tests_failed",
     Kind::refused,
     {"There are test failures"},
     {"[ERROR]   ", "."},
     "tests failed",
     "mend the test or what it tests; --skip-tests builds without them"},
    {"tests_failed",
     Kind::refused,
     {"maven-surefire-plugin", "There was an error in the forked"},
     {},
     "the JVM that runs the tests broke down",
     "read the lines above it"},
    {"tests_failed",
     Kind::refused,
     {"There were failing tests"},
     {" > ", " FAILED"},
     "tests failed",
     "mend the test or what it tests; --skip-tests builds without them"},
    {"offline",
     Kind::environment,
     {"in offline mode"},
     {},
     "a dependency is not in the cache and --offline forbids to fetch it",
     "run it once without --offline"},
    {"offline",
     Kind::environment,
     {"No cached version of", "available for offline mode"},
     {},
     "a dependency is not in the cache and --offline forbids to fetch it",
     "run it once without --offline"},
    {"repository_refused",
     Kind::environment,
     {"Could not transfer", "status code: 401"},
     {},
     "the dependency repository wants other credentials",
     "check the server's entry in settings.xml; pass its variables with --env-pass"},
    {"repository_refused",
     Kind::environment,
     {"Could not transfer", "status code: 403"},
     {},
     "the dependency repository wants other credentials",
     "check the server's entry in settings.xml; pass its variables with --env-pass"},
    {"repository_refused",
     Kind::environment,
     {"Received status code 401"},
     {},
     "the dependency repository wants other credentials",
     "check the repository's credentials; pass their variables with --env-pass"},
    {"repository_refused",
     Kind::environment,
     {"Received status code 403"},
     {},
     "the dependency repository wants other credentials",
     "check the repository's credentials; pass their variables with --env-pass"},
    {"repository_trust",
     Kind::environment,
     {"PKIX path building failed"},
     {},
     "Java does not trust the dependency repository's certificate",
     "add its authority to the JDK's trust store"},
    {"no_such_dependency",
     Kind::refused,
     {"Could not find artifact"},
     {},
     "a dependency does not exist in any of the repositories",
     "check its version and the repositories"},
    {"no_such_dependency",
     Kind::refused,
     {"> Could not find "},
     {},
     "a dependency does not exist in any of the repositories",
     "check its version and the repositories"},
    {"repository_unavailable",
     Kind::unavailable,
     {"Could not transfer artifact"},
     {},
     "the dependency repository is unreachable",
     rerun},
    {"repository_unavailable",
     Kind::unavailable,
     {"Could not transfer metadata"},
     {},
     "the dependency repository is unreachable",
     rerun},
    {"repository_unavailable",
     Kind::unavailable,
     {"> Could not GET '"},
     {},
     "the dependency repository is unreachable",
     rerun},
    {"repository_unavailable",
     Kind::unavailable,
     {"> Could not HEAD '"},
     {},
     "the dependency repository is unreachable",
     rerun},
    {"wrapper_unavailable",
     Kind::unavailable,
     {"Failed to fetch", "http"},
     {},
     "the wrapper cannot fetch the build tool",
     rerun},
    {"wrapper_unavailable",
     Kind::unavailable,
     {"java.net.UnknownHostException"},
     {},
     "a host of the build is unknown",
     rerun},
    {"wrapper_unavailable",
     Kind::unavailable,
     {"Downloading from", "failed: timeout"},
     {},
     "the wrapper cannot fetch the build tool",
     rerun},
    {"no_boot_plugin",
     Kind::refused,
     {"Task 'bootJar' not found"},
     {},
     "the project has no bootJar task",
     "apply the plugin org.springframework.boot"},
    {"bad_build_file",
     Kind::refused,
     {"Non-parseable POM"},
     {},
     "the pom.xml cannot be read",
     "mend the line it names"},
    {"bad_build_file",
     Kind::refused,
     {"Could not compile build file"},
     {},
     "the Gradle build file cannot be read",
     "mend the line it names"},
    {"bad_argument",
     Kind::usage,
     {"Unrecognized option:"},
     {},
     "the build tool does not know an argument",
     "check the arguments after --"},
    {"bad_argument",
     Kind::usage,
     {"Unknown command-line option"},
     {},
     "the build tool does not know an argument",
     "check the arguments after --"},
});

template <std::size_t count>
bool has_all(std::string_view line, const std::array<std::string_view, count>& words) {
  return std::ranges::all_of(
      words, [&](std::string_view word) { return line.find(word) != std::string_view::npos; });
}

std::string cut(std::string_view line) {
  line = text::trim(line);
  if (line.size() <= longest_evidence) return std::string(line);
  return std::string(line.substr(0, longest_evidence)) + " …";
}

}  // namespace

std::span<const KnownFailure> known_failures() { return table; }

FailureFinder::FailureFinder() : seen_(table.size()) {}

void FailureFinder::look_at(std::string_view line) {
  line = line.substr(0, longest_looked_at);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& failure = table.at(i);
    auto& seen = seen_.at(i);
    const bool other_line = !failure.evidence.at(0).empty();
    if (other_line && seen.evidence.empty() && has_all(line, failure.evidence)) {
      seen.evidence = cut(line);
    }
    if (!seen.known && has_all(line, failure.words)) {
      seen.known = true;
      seen.line = cut(line);
    }
  }
}

std::optional<FailureFinder::Finding> FailureFinder::find() const {
  const auto first = std::ranges::find(seen_, true, &Seen::known);
  if (first == seen_.end()) return std::nullopt;
  const auto& failure = table.at(static_cast<std::size_t>(first - seen_.begin()));
  // Rows of one name differ by language: the one whose evidence was seen tells more.
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& row = table.at(i);
    const auto& seen = seen_.at(i);
    if (row.name == failure.name && seen.known && !seen.evidence.empty()) {
      return Finding{&row, seen.evidence};
    }
  }
  return Finding{&failure, first->line};
}

}  // namespace build_jar
