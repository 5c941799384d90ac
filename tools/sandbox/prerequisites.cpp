// SPDX-License-Identifier: Apache-2.0
#include "sandbox/prerequisites.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>

#include "base/error.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

struct Program {
  const char* name;
  const char* package;
  const char* purpose;
};

constexpr std::array programs{Program{"haproxy", "haproxy", "the load balancer"},
                              Program{"docker-registry", "docker-registry", "the registry"},
                              Program{"unzip", "unzip", "the agents, to unpack bundles"}};

constexpr const char* engine_hint =
    "start it ('systemctl start docker'), or set DOCKER_HOST to where one listens, such as "
    "unix:///run/docker.sock";

}  // namespace

void require_programs() {
  for (const auto& program : programs) {
    if (process::find_program(program.name)) continue;
    throw base::Error(base::Kind::environment,
                      fmt::format("find {} for {}: not installed", program.name, program.purpose),
                      fmt::format("apt-get install {}", program.package));
  }
}

std::string require_docker() {
  const auto docker = process::find_program("docker");
  if (!docker) {
    throw base::Error(base::Kind::environment, "find docker for the instances: not installed",
                      "apt-get install docker.io");
  }
  process::Captured answer;
  try {
    answer =
        process::capture({.argv = {docker->string(), "version", "--format", "{{.Server.Version}}"}},
                         {}, std::chrono::seconds(20));
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::environment, "reach a Docker Engine: " + error.message(),
                      engine_hint);
  }
  if (!answer.exit.ok()) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("reach a Docker Engine at {}: {}",
                    process::environment_variable("DOCKER_HOST").value_or("its usual socket"),
                    text::trim(answer.err)),
        engine_hint);
  }
  return docker->string();
}

}  // namespace sandbox
