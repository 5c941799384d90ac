// SPDX-License-Identifier: Apache-2.0
#include "docker-push/engine.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "docker-push/api_engine.hpp"
#include "docker-push/program_engine.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

// The kinds of engines stand in the order in which they are looked for.
constexpr std::array<std::pair<std::string_view, Engine>, 6> engines{{{"auto", Engine::find_one},
                                                                      {"none", Engine::none},
                                                                      {"docker", Engine::docker},
                                                                      {"api", Engine::api},
                                                                      {"buildah", Engine::buildah},
                                                                      {"podman", Engine::podman}}};

using Found = std::unique_ptr<LocalEngine>;
using Tried = std::vector<std::string>;

Found find_by_api(const cli::Context& context, Tried& tried) {
  auto search = container::find_engine(process::own_environment(), context.clock, context.stop);
  tried.insert(tried.end(), search.tried.begin(), search.tried.end());
  if (!search.engine) return nullptr;
  return api_engine(std::move(search.engine));
}

// Build agents often have docker's program without an engine behind it.
std::optional<std::string> find_silence(const std::filesystem::path& docker,
                                        const cli::Context& context) {
  try {
    const auto asked = process::capture({.argv = {docker, "version"}}, context.stop);
    if (asked.exit.ok()) return std::nullopt;
    const auto lines = text::lines(text::trim(asked.err));
    return std::string(lines.empty() ? std::string_view("no engine answers it") : lines.back());
  } catch (const base::Error& error) {
    return error.message();  // an engine that hangs
  }
}

Found find_program(std::string_view name, Engine wanted, const cli::Context& context,
                   Tried& tried) {
  const auto program = process::find_program(name);
  if (!program) {
    tried.push_back(fmt::format("no {} in PATH", name));
    return nullptr;
  }
  if (wanted == Engine::find_one && name == "docker") {
    if (const auto words = find_silence(*program, context)) {
      logging::warning("docker's program is passed over: {}", *words);
      tried.push_back(fmt::format("docker: {}", *words));
      return nullptr;
    }
  }
  return program_engine(*program, context.stop);
}

}  // namespace

Engine parse_engine(std::string_view text) {
  for (const auto& [name, engine] : engines) {
    if (name == text) return engine;
  }
  throw base::Error(base::Kind::usage, fmt::format("choose the engine '{}'", text),
                    "give auto, none, docker, api, buildah or podman");
}

std::unique_ptr<LocalEngine> find_engine(Engine wanted, const std::string& need,
                                         const cli::Context& context) {
  if (wanted == Engine::none) {
    throw base::Error(base::Kind::environment, fmt::format("{}: no engine may be used", need),
                      "leave --engine none out, or do without");
  }
  Tried tried;
  for (const auto& [name, engine] : engines) {
    if (engine == Engine::find_one || engine == Engine::none) continue;
    if (wanted != Engine::find_one && wanted != engine) continue;
    Found found = engine == Engine::api ? find_by_api(context, tried)
                                        : find_program(name, wanted, context, tried);
    if (found) return found;
  }
  throw base::Error(base::Kind::environment, fmt::format("{}: {}", need, text::join(tried, ", ")),
                    "start or install an engine, or name its socket in DOCKER_HOST");
}

}  // namespace docker_push
