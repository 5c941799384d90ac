// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shim/docker_shim.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace sandbox::shim {
namespace {

constexpr const char* docker_variable = "STAGECRAFT_SANDBOX_DOCKER";
constexpr const char* sandbox_variable = "STAGECRAFT_SANDBOX";

// docker's own exit code for a failure of its client side.
constexpr int docker_failed = 125;

int complain(std::string_view message) {
  fmt::print(stderr, "docker (deploy-sandbox): {}\n", message);
  return docker_failed;
}

int run_and_strip(const std::vector<std::string>& argv, const std::string& suffix) {
  const auto done = process::capture({.argv = argv}, {}, std::chrono::hours(1));
  fmt::print("{}", text::replace_all(done.out, suffix, ""));
  fmt::print(stderr, "{}", text::replace_all(done.err, suffix, ""));
  return done.exit.signal != 0 ? 128 + done.exit.signal : done.exit.code;
}

int become(std::vector<std::string> argv) {
  std::vector<char*> pointers;
  for (auto& word : argv) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(pointers[0], pointers.data());
  return complain(fmt::format("run {}: {}", argv[0], std::strerror(errno)));
}

}  // namespace

bool is_docker(const char* program) {
  return program != nullptr && std::filesystem::path(program).filename() == "docker";
}

int run_docker(int argc, char** argv) {
  const Scope scope{.sandbox = process::environment_variable(sandbox_variable).value_or(""),
                    .instance = process::environment_variable("INSTANCE_ID").value_or(""),
                    .address = process::environment_variable("INSTANCE_IP").value_or("")};
  if (scope.sandbox.empty() || scope.instance.empty() || scope.address.empty()) {
    return complain("this docker works only inside of a hook that the sandbox runs");
  }
  const auto docker = process::environment_variable(docker_variable);
  if (!docker) {
    return complain(
        "this hook calls docker, which is not installed; install docker.io and start "
        "the sandbox again");
  }
  const auto call = rewrite({argv + 1, argv + argc}, scope);
  std::vector<std::string> command{*docker};
  command.insert(command.end(), call.arguments.begin(), call.arguments.end());
  if (!call.strip_names) return become(std::move(command));
  try {
    return run_and_strip(command, name_suffix(scope));
  } catch (const base::Error& error) {
    return complain(error.message());
  }
}

std::map<std::string, std::string> hook_environment(const Scope& scope,
                                                    const std::filesystem::path& programs,
                                                    const std::string& real_docker) {
  // An instance does not have the secrets of the machine that the sandbox runs on.
  constexpr std::array kept{"HOME",
                            "USER",
                            "LOGNAME",
                            "SHELL",
                            "LANG",
                            "LC_ALL",
                            "LC_CTYPE",
                            "TZ",
                            "TMPDIR",
                            "DOCKER_HOST",
                            "DOCKER_CONTEXT",
                            "DOCKER_CONFIG",
                            "DOCKER_CERT_PATH",
                            "DOCKER_TLS_VERIFY",
                            "XDG_RUNTIME_DIR"};
  std::map<std::string, std::string> environment;
  for (const auto* name : kept) {
    if (const auto value = process::environment_variable(name)) environment[name] = *value;
  }
  const auto path = process::environment_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  environment["PATH"] = programs.string() + ":" + path;
  environment[sandbox_variable] = scope.sandbox;
  environment["INSTANCE_ID"] = scope.instance;
  environment["INSTANCE_IP"] = scope.address;
  if (!real_docker.empty()) environment[docker_variable] = real_docker;
  return environment;
}

}  // namespace sandbox::shim
