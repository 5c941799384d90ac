// SPDX-License-Identifier: Apache-2.0
#include "docker-push/program_engine.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "docker-push/local_tag.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/plain.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

namespace fs = std::filesystem;

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

enum class Words { hidden, shown };  // its lines as debug or as info

// A RUN may end with "permission denied" or "connection refused" too.
bool engine_is_away(std::string_view words) {
  constexpr std::array<std::string_view, 5> signs{
      "Cannot connect to", "unable to connect to Podman", "failed to connect to the docker API",
      "permission denied while trying to connect to", "error during connect"};
  return std::ranges::any_of(
      signs, [words](std::string_view sign) { return words.find(sign) != std::string_view::npos; });
}

void run(const process::Command& command, const std::string& what, std::stop_token stop,
         Words shown) {
  std::string words;
  const process::RunOptions options{
      .on_line = [&words, shown](process::Stream, std::string_view raw) {
        const std::string line = text::without_colours(raw);
        if (shown == Words::shown) {
          logging::info("{}", line);
        } else {
          logging::debug("{}", line);
        }
        if (!text::trim(line).empty()) words = text::trim(line);
      }};
  const auto result = process::run(command, stop, options);
  if (result.ending == process::Ending::stopped) {
    throw base::Error(base::Kind::unavailable, fmt::format("{}: interrupted", what));
  }
  if (result.exit.ok()) return;
  const bool away = engine_is_away(words);
  throw base::Error(away ? base::Kind::environment : base::Kind::refused,
                    fmt::format("{}: {}", what, words.empty() ? describe(result.exit) : words),
                    away ? "start the engine, or set DOCKER_HOST" : "");
}

void add(Arguments& argv, const Arguments& more) {
  argv.insert(argv.end(), more.begin(), more.end());
}

// `--build-arg NAME` takes the value from the environment, which ps does not show; a name that the
// program itself listens to must stay what it is.
void add_build_args(const EngineBuild& build, Arguments& argv, Environment& environment) {
  for (const auto& [name, value] : build.build_args) {
    const auto found = environment.find(name);
    const bool has_it = found != environment.end() && found->second == value;
    const bool taken = found != environment.end() || name.starts_with("LD_") ||
                       name.starts_with("DOCKER_") || name.starts_with("BUILDX_");
    add(argv, {"--build-arg", taken && !has_it ? name + '=' + value : name});
    if (!taken) environment[name] = value;
  }
}

class ProgramEngine final : public LocalEngine {
 public:
  ProgramEngine(fs::path program, std::stop_token stop)
      : program_(std::move(program)), stop_(std::move(stop)) {}

  std::string name() const override { return program_.filename(); }

  bool has_image(const std::string& image) override {
    const Arguments asked = is_buildah() ? Arguments{"inspect", "--type", "image", image}
                                         : Arguments{"image", "inspect", image};
    return process::capture(command(asked), stop_).exit.ok();
  }

  void save(const std::string& image, const fs::path& tar) override {
    const Arguments asked = is_buildah()
                                ? Arguments{"push", image, "docker-archive:" + tar.string()}
                                : Arguments{"save", "--output", tar, image};
    run(command(asked), fmt::format("take {} from {}", image, name()), stop_, Words::hidden);
  }

  void load(const fs::path& tar) override {
    const Arguments asked = is_buildah() ? Arguments{"pull", "docker-archive:" + tar.string()}
                                         : Arguments{"load", "--input", tar};
    run(command(asked), fmt::format("load the image into {}", name()), stop_, Words::hidden);
  }

  void build(const EngineBuild& build, const fs::path& tar) override;

  // Runs when a build was interrupted, too; an image that was never made is no fault.
  void remove(const std::string& image) const {
    const Arguments asked = is_docker()
                                // The layers below stay: they are the cache of its next build.
                                ? Arguments{"image", "rm", "--no-prune", image}
                                : Arguments{"rmi", image};
    process::capture(command(asked));
  }

 private:
  bool is_docker() const { return program_.filename() == "docker"; }
  bool is_buildah() const { return program_.filename() == "buildah"; }

  process::Command command(const Arguments& arguments) const {
    process::Command command{.argv = {program_}};
    add(command.argv, arguments);
    return command;
  }

  // Docker's program without buildx builds in the engine itself, unless it is told to use buildx.
  bool has_buildx() const {
    return process::capture(command({"buildx", "version"}), stop_).exit.ok();
  }

  process::Command build_command(const EngineBuild& build, const std::string& image) const;

  fs::path program_;
  std::stop_token stop_;
};

process::Command ProgramEngine::build_command(const EngineBuild& build,
                                              const std::string& image) const {
  process::Command command{.argv = {program_}, .environment = process::all_environment_variables()};
  Arguments& argv = command.argv;
  Environment& environment = *command.environment;
  if (is_docker() && has_buildx()) {
    add(argv, {"buildx", "build", "--load", "--progress=plain"});
  } else if (is_docker()) {
    environment["DOCKER_BUILDKIT"] = "0";
    add(argv, {"build", "--force-rm"});  // it leaves the container of a failed RUN behind
  } else {
    argv.emplace_back(is_buildah() ? "bud" : "build");
  }
  add(argv, {"--file", fs::absolute(build.file), "--tag", image});
  if (!build.target.empty()) add(argv, {"--target", build.target});
  add_build_args(build, argv, environment);
  for (const auto& [label, value] : build.labels) add(argv, {"--label", label + '=' + value});
  argv.push_back(fs::absolute(build.context));
  return command;
}

void ProgramEngine::build(const EngineBuild& build, const fs::path& tar) {
  const LocalTag tag([this](const std::string& image) { remove(image); });
  run(build_command(build, tag.name()),
      fmt::format("build {} with {}", build.file.string(), name()), stop_, Words::shown);
  save(tag.name(), tar);
}

}  // namespace

std::unique_ptr<LocalEngine> program_engine(const fs::path& program, std::stop_token stop) {
  return std::make_unique<ProgramEngine>(program, std::move(stop));
}

}  // namespace docker_push
