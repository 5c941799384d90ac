// SPDX-License-Identifier: Apache-2.0
// Dockerfiles with RUN built by podman, by its program and through its API, with storage of the
// test's own.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "process/environment.hpp"
#include "support/run_project.hpp"
#include "timing/clock.hpp"

namespace {

using support::error_line;

constexpr const char* writes = "ARG WORD\nRUN [\"/tool\", \"write\", \"/made\"]";

bool podman_is_here() {
  if (process::find_program("podman")) return true;
  MESSAGE("podman is not in PATH: nothing was tested (apt-get install podman)");
  return false;
}

struct PodmanProject : support::RunProject {
  PodmanProject() {
    support::write_file(path("storage.conf"), "[storage]\ndriver = \"vfs\"\ngraphroot = \"" +
                                                  path("store") + "\"\nrunroot = \"" + path("run") +
                                                  "\"\n");
    support::write_file(path("containers.conf"),
                        "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n"
                        "lock_type = \"file\"\ntmp_dir = \"" +
                            path("tmp") + "\"\n[containers]\nnetns = \"host\"\n");
  }

  std::string path(const std::string& name) const { return folder.path() / name; }

  std::map<std::string, std::string> podman_environment() const {
    return {{"CONTAINERS_STORAGE_CONF", path("storage.conf")},
            {"CONTAINERS_CONF", path("containers.conf")}};
  }

  process::Command podman(std::vector<std::string> arguments) const {
    process::Command command{.environment = process::all_environment_variables()};
    command.argv = {"podman"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    for (const auto& [name, value] : podman_environment()) (*command.environment)[name] = value;
    return command;
  }

  std::string names_of_images() const {
    const auto listed = process::capture(podman({"images", "--format", "{{.Repository}}"}));
    INFO(listed.err);
    REQUIRE(listed.exit.ok());
    return std::string(text::trim(listed.out));
  }
};

// `podman system service` on a socket of the project's.
class PodmanService {
 public:
  explicit PodmanService(const PodmanProject& project) : socket_(project.path("podman.sock")) {
    auto command = project.podman({"system", "service", "--time", "0", "unix://" + socket_});
    command.output = project.path("podman.log");
    child_.emplace(command);
    timing::SystemClock clock;
    const auto deadline = clock.steady_now() + std::chrono::seconds(20);
    while (!std::filesystem::exists(socket_) && clock.steady_now() < deadline) {
      clock.sleep_for(std::chrono::milliseconds(20), {});
    }
    REQUIRE(std::filesystem::exists(socket_));
  }

  std::string address() const { return "unix://" + socket_; }

 private:
  std::string socket_;
  std::optional<process::Child> child_;
};

}  // namespace

TEST_CASE("podman builds a Dockerfile with RUN by its program, and we push it") {
  if (!podman_is_here()) return;
  const PodmanProject project;
  const auto run = project.push({project.dockerfile(writes), "--engine", "podman", "--build-arg",
                                 "WORD=by podman", "--image", project.image() + ":1"},
                                project.podman_environment());
  INFO(run.err);
  REQUIRE(run.exit.ok());
  CHECK(run.err.find("building with podman") != std::string::npos);
  CHECK(project.registry.inspect("shop:1", "{{len .Layers}}") == "2");
  CHECK(project.names_of_images().find("stagecraft-build") == std::string::npos);
}

TEST_CASE("podman's API builds, loads and gives images as docker's does") {
  if (!podman_is_here()) return;
  const PodmanProject project;
  const PodmanService service(project);
  auto environment = project.no_programs();
  environment["DOCKER_HOST"] = service.address();
  const auto push = [&](std::vector<std::string> arguments) {
    const auto run = project.push(std::move(arguments), environment);
    INFO(run.err);
    CHECK(run.exit.ok());
    return std::string(text::trim(run.out));
  };

  push({project.dockerfile(writes), "--build-arg", "WORD=by podman", "--image",
        project.image() + ":1"});
  CHECK(project.registry.inspect("shop:1", "{{len .Layers}}") == "2");
  CHECK(project.names_of_images().find("stagecraft-build") == std::string::npos);

  const auto failed = project.push(
      {project.dockerfile("RUN [\"/tool\", \"fail\"]"), "--image", project.image() + ":failed"},
      environment);
  CHECK(failed.exit.code == 1);
  CHECK(error_line(failed).starts_with("build Dockerfile with the engine at " + service.address()));

  push({"--base", project.registry.address() + "/jre:17", "--image", project.image() + ":loaded",
        "--save", "engine"});
  CHECK(project.names_of_images().find(project.image()) != std::string::npos);
  push({"engine:" + project.image() + ":loaded", "--image", project.image() + ":2"});
  CHECK(project.registry.inspect("shop:2", "{{len .Layers}}") != "0");
}
