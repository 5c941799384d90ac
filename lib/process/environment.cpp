// SPDX-License-Identifier: Apache-2.0
#include "process/environment.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

#include "text/split.hpp"

extern char** environ;

namespace process {

std::optional<std::string> environment_variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Environment own_environment() {
  return [](std::string_view name) { return environment_variable(name); };
}

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

std::map<std::string, std::string> all_environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (const auto parts = text::cut(*entry, "=")) variables.emplace(parts->first, parts->second);
  }
  return variables;
}

std::optional<std::filesystem::path> home_folder() {
  if (const auto home = environment_variable("HOME")) return std::filesystem::path(*home);
  return std::nullopt;
}

std::filesystem::path cache_folder() {
  if (const auto cache = environment_variable("XDG_CACHE_HOME")) {
    return std::filesystem::path(*cache) / "stagecraft";
  }
  if (const auto home = home_folder()) return *home / ".cache" / "stagecraft";
  return std::filesystem::temp_directory_path() / fmt::format("stagecraft-cache-{}", ::getuid());
}

std::optional<std::filesystem::path> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    const std::filesystem::path path(name);
    return ::access(path.c_str(), X_OK) == 0 ? std::optional(path) : std::nullopt;
  }
  const auto path = environment_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (const auto folder : text::split(path, ':')) {
    const auto candidate = std::filesystem::path(folder.empty() ? "." : folder) / name;
    std::error_code ignored;
    if (::access(candidate.c_str(), X_OK) == 0 &&
        std::filesystem::is_regular_file(candidate, ignored)) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace process
