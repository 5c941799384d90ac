// SPDX-License-Identifier: Apache-2.0
#include "docker-push/engine_build.hpp"

#include <fmt/core.h>

#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "docker-push/engine.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"

namespace docker_push {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr std::array<std::pair<std::string_view, Engine>, 5> engines{
    {{"auto", Engine::find_one},
     {"none", Engine::none},
     {"docker", Engine::docker},
     {"podman", Engine::podman},
     {"buildah", Engine::buildah}}};

bool is_builder(Engine engine) { return engine != Engine::find_one && engine != Engine::none; }

bool is(const std::filesystem::path& program, std::string_view name) {
  return program.filename() == name;
}

// Docker's program without buildx builds in the engine itself, unless it is told to use buildx.
bool has_buildx(const std::filesystem::path& docker, std::stop_token stop) {
  return process::capture({.argv = {docker, "buildx", "version"}}, stop).exit.ok();
}

// `--build-arg NAME` takes the value from the environment, which ps does not show; a name that the
// program itself listens to must stay what it is.
void add_build_args(const EngineBuild& build, std::vector<std::string>& argv,
                    Environment& environment) {
  for (const auto& [name, value] : build.build_args) {
    argv.emplace_back("--build-arg");
    const bool taken = environment.contains(name) || name.starts_with("LD_") ||
                       name.starts_with("DOCKER_") || name.starts_with("BUILDX_");
    argv.push_back(taken ? name + '=' + value : name);
    if (!taken) environment[name] = value;
  }
}

// The name of the image in the engine while it is needed there.
class LocalTag {
 public:
  explicit LocalTag(std::filesystem::path program)
      : program_(std::move(program)),
        name_(fmt::format("localhost/stagecraft-build:{}", crypto::random_hex(8))) {}
  LocalTag(const LocalTag&) = delete;
  LocalTag& operator=(const LocalTag&) = delete;

  // Runs when the build was interrupted, too; an image that was never made is no fault.
  ~LocalTag() {
    try {
      process::Command command{.argv = {program_}};
      if (is(program_, "docker")) {
        // The layers below stay: they are the cache of the engine's next build.
        command.argv.insert(command.argv.end(), {"image", "rm", "--no-prune", name_});
      } else {
        command.argv.insert(command.argv.end(), {"rmi", name_});
      }
      process::capture(command);
    } catch (const base::Error& error) {
      logging::debug("{}", error.message());
    }
  }

  const std::string& name() const { return name_; }

 private:
  std::filesystem::path program_;
  std::string name_;
};

process::Command build_command(const std::filesystem::path& program, const EngineBuild& build,
                               const std::string& name, std::stop_token stop) {
  process::Command command{.argv = {program}, .environment = process::all_environment_variables()};
  Environment& environment = *command.environment;
  if (is(program, "docker") && has_buildx(program, stop)) {
    command.argv.insert(command.argv.end(), {"buildx", "build", "--load", "--progress=plain"});
  } else if (is(program, "buildah")) {
    command.argv.emplace_back("bud");
  } else {
    command.argv.emplace_back("build");
    if (is(program, "docker")) {
      environment["DOCKER_BUILDKIT"] = "0";
      command.argv.emplace_back("--force-rm");  // it leaves the container of a failed RUN behind
    }
  }
  command.argv.insert(command.argv.end(),
                      {"--file", std::filesystem::absolute(build.file), "--tag", name});
  if (!build.target.empty()) {
    command.argv.insert(command.argv.end(), {"--target", build.target});
  }
  add_build_args(build, command.argv, environment);
  for (const auto& [label, value] : build.labels) {
    command.argv.insert(command.argv.end(), {"--label", label + '=' + value});
  }
  command.argv.push_back(std::filesystem::absolute(build.context));
  return command;
}

process::Command save_command(const std::filesystem::path& program, const std::string& name,
                              const std::filesystem::path& tar) {
  if (is(program, "buildah")) {
    return {.argv = {program, "push", name, fmt::format("docker-archive:{}", tar.string())}};
  }
  return {.argv = {program, "save", "--output", tar, name}};
}

}  // namespace

Engine parse_engine(std::string_view text) {
  for (const auto& [name, engine] : engines) {
    if (name == text) return engine;
  }
  throw base::Error(base::Kind::usage, fmt::format("choose the engine '{}'", text),
                    "give auto, none, docker, podman or buildah");
}

std::filesystem::path find_builder(Engine wanted, const dockerfile::EngineNeed& need,
                                   const std::string& dockerfile) {
  for (const auto& [name, engine] : engines) {
    if (!is_builder(engine) || (wanted != Engine::find_one && wanted != engine)) continue;
    if (const auto program = process::find_program(name)) return *program;
  }
  std::string why = "neither docker, podman nor buildah is in PATH";
  if (wanted == Engine::none) why = "no engine may be used";
  for (const auto& [name, engine] : engines) {
    if (is_builder(engine) && engine == wanted) why = fmt::format("{} is not in PATH", name);
  }
  throw base::Error(base::Kind::environment,
                    fmt::format("build {}: line {} needs an engine ({}), and {}", dockerfile,
                                need.instruction.line, need.reason, why),
                    wanted == Engine::none ? "leave --engine out, or do without that instruction"
                                           : "install one of them, or do without that instruction");
}

void build_with_engine(const std::filesystem::path& program, const EngineBuild& build,
                       const std::filesystem::path& tar, std::stop_token stop) {
  const LocalTag tag(program);
  const std::string name = program.filename();
  run_engine(build_command(program, build, tag.name(), stop),
             fmt::format("build {} with {}", build.file.string(), name), stop, Words::shown);
  run_engine(save_command(program, tag.name(), tar), fmt::format("take the image from {}", name),
             stop, Words::hidden);
}

}  // namespace docker_push
