// SPDX-License-Identifier: Apache-2.0
#include "docker-push/engine.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::array<std::string_view, 2> programs{"docker", "podman"};

std::string find_engine(std::string_view what) {
  for (const auto program : programs) {
    if (const auto path = process::find_program(program)) return path->string();
  }
  throw base::Error(base::Kind::environment,
                    fmt::format("{}: neither docker nor podman is in PATH", what),
                    "install one, or push to a registry, which needs no engine");
}

// Docker's own builder colours its lines whether or not a terminal is there.
std::string without_colours(std::string_view line) {
  std::string plain;
  while (!line.empty()) {
    const auto escape = line.find("\x1b[");
    plain += line.substr(0, escape);
    if (escape == std::string_view::npos) break;
    line.remove_prefix(escape);
    line.remove_prefix(std::min(line.find('m'), line.size() - 1) + 1);
  }
  return plain;
}

bool engine_is_away(std::string_view words) {
  constexpr std::array<std::string_view, 3> signs{"Cannot connect to", "permission denied",
                                                  "connection refused"};
  return std::ranges::any_of(
      signs, [words](std::string_view sign) { return words.find(sign) != std::string_view::npos; });
}

void run(std::vector<std::string> argv, const std::string& what, std::stop_token stop) {
  argv.front() = find_engine(what);
  run_engine({.argv = std::move(argv)}, what, stop, Words::hidden);
}

}  // namespace

void run_engine(const process::Command& command, const std::string& what, std::stop_token stop,
                Words shown) {
  std::string words;
  const process::RunOptions options{
      .on_line = [&words, shown](process::Stream, std::string_view raw) {
        const std::string line = without_colours(raw);
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

void save_from_engine(const std::string& name, const std::filesystem::path& tar,
                      std::stop_token stop) {
  // An argument that begins with a dash would be an option.
  if (name.empty() || name.starts_with('-')) {
    throw base::Error(base::Kind::usage,
                      fmt::format("take '{}' from the engine: no image name", name),
                      "give engine:NAME[:TAG]");
  }
  run({"", "save", "--output", tar.string(), name}, fmt::format("take {} from the engine", name),
      stop);
}

void load_into_engine(const std::filesystem::path& tar, std::stop_token stop) {
  run({"", "load", "--input", tar.string()}, "load the image into the engine", stop);
}

}  // namespace docker_push
