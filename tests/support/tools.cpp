// SPDX-License-Identifier: Apache-2.0
#include "support/tools.hpp"

#include "base/error.hpp"
#include "file/file.hpp"
#include "process/environment.hpp"

namespace support {
namespace {

std::filesystem::path folder_from(const char* name) {
  const auto value = process::environment_variable(name);
  if (!value) {
    throw base::Error(base::Kind::usage, std::string(name) + " is not set", "run ./tests/run");
  }
  return *value;
}

}  // namespace

std::filesystem::path binaries() { return folder_from("STAGECRAFT_BIN"); }

std::filesystem::path source_tree() { return folder_from("STAGECRAFT_SOURCE"); }

process::Captured run_tool(const std::string& tool, const ToolCall& call) {
  process::Command command;
  command.argv = {(binaries() / tool).string()};
  command.argv.insert(command.argv.end(), call.arguments.begin(), call.arguments.end());
  auto environment = process::all_environment_variables();
  // What the developer's own shell carries must not steer a test.
  std::erase_if(environment, [](const auto& variable) {
    const auto& name = variable.first;
    return name.starts_with("AWS_") || name.starts_with("STAGECRAFT_") || name == "GIT_COMMIT" ||
           name == "BUILD_TAG" || name.starts_with("REGISTRY_");
  });
  for (const auto& [name, value] : call.environment) environment[name] = value;
  command.environment = std::move(environment);
  command.directory = call.directory;
  return process::capture(command, {}, std::chrono::minutes(2));
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void write_file(const std::filesystem::path& path, const std::string& content, unsigned mode) {
  file::write_atomically(path, content, mode);
}

}  // namespace support
