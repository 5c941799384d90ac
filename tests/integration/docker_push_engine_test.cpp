// SPDX-License-Identifier: Apache-2.0
// Dockerfiles with RUN, and images of the engine, where docker-push finds no engine's program and
// speaks to the Docker Engine through its socket.
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/engine_image.hpp"
#include "support/run_project.hpp"
#include "timing/clock.hpp"

namespace {

using support::EngineImage;
using support::error_line;
using support::output_of;
using support::RunProject;

constexpr const char* writes = "ARG WORD\nRUN [\"/tool\", \"write\", \"/made\"]";

// What a build may leave in the engine: its name, and containers.
void check_nothing_is_left(const RunProject& project) {
  CHECK(output_of({"docker", "images", "--quiet", "localhost/stagecraft-build"}).empty());
  CHECK(output_of({"docker", "ps", "--all", "--quiet", "--filter",
                   "label=stagecraft.test=" + project.mark})
            .empty());
}

// Pulled anew: the engine knows what it built.
std::string pulled_output(const std::string& name) {
  output_of({"docker", "pull", "--quiet", name});
  return EngineImage(name).output();
}

// Until it is true, for a minute at most.
template <typename Condition>
bool comes_true(Condition&& condition) {
  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + std::chrono::minutes(1);
  while (clock.steady_now() < deadline) {
    if (condition()) return true;
    clock.sleep_for(std::chrono::milliseconds(50), {});
  }
  return false;
}

std::string engine_address() {
  return process::environment_variable("DOCKER_HOST").value_or("unix:///var/run/docker.sock");
}

}  // namespace

TEST_CASE("a Dockerfile with RUN is built through the engine's socket and pushed by us") {
  const RunProject project;
  const auto run = project.push(
      {project.dockerfile(writes), "--build-arg", "WORD=a word", "--image", project.image() + ":1"},
      project.no_programs());
  INFO(run.err);
  REQUIRE(run.exit.ok());
  CHECK(run.err.find("building with the engine at " + engine_address()) != std::string::npos);
  CHECK(run.out.starts_with(project.image() + "@sha256:"));
  check_nothing_is_left(project);
  CHECK(pulled_output(project.image() + ":1") == "a word");
}

TEST_CASE("what the classic builder leaves to BuildKit is built by BuildKit") {
  const RunProject project;
  const std::string lines =
      "ARG WORD\nRUN --mount=type=cache,target=/cache [\"/tool\", \"write\", \"/made\"]";
  const auto run = project.push({project.dockerfile(lines), "--build-arg", "WORD=another word",
                                 "--image", project.image() + ":1"},
                                project.no_programs());
  INFO(run.err);
  REQUIRE(run.exit.ok());
  CHECK(run.err.find("building with BuildKit, which gets no logins for private bases") !=
        std::string::npos);
  check_nothing_is_left(project);
  CHECK(pulled_output(project.image() + ":1") == "another word");
}

TEST_CASE("a build that fails is told in the words of its RUN, and nothing is pushed or left") {
  const RunProject project;
  for (const std::string mount : {"", "--mount=type=cache,target=/cache "}) {
    CAPTURE(mount);
    const auto run = project.push({project.dockerfile("RUN " + mount + "[\"/tool\", \"fail\"]"),
                                   "--image", project.image() + ":failed"},
                                  project.no_programs());
    CHECK(run.exit.code == 1);
    const auto line = error_line(run);
    CHECK(line.starts_with("build Dockerfile with the engine at " + engine_address() + ": "));
    CHECK(line.ends_with(": the tool has no heart for this"));
    check_nothing_is_left(project);
  }
  CHECK(project.registry.requests().find("manifests/failed") == std::string::npos);
}

TEST_CASE("a private base is pulled by the engine with the login of docker's config") {
  const RunProject project(support::Login::required);
  const auto base =
      project.push({project.dockerfile(""), "--image", project.image() + ":base"},
                   {{"REGISTRY_USERNAME", "ci"}, {"REGISTRY_PASSWORD", "right horse"}});
  INFO(base.err);
  REQUIRE(base.exit.ok());
  const EngineImage left(project.image() + ":base");
  support::write_file(
      project.folder.path() / "docker/config.json",
      "{\"auths\":{\"" + project.registry.address() + "\":{\"auth\":\"Y2k6cmlnaHQgaG9yc2U=\"}}}");
  support::write_file(project.folder.path() / "Dockerfile",
                      "FROM " + project.image() + ":base\n" + writes + "\n");
  auto environment = project.no_programs();
  environment["DOCKER_CONFIG"] = project.folder.path() / "docker";
  const auto run =
      project.push({"Dockerfile", "--build-arg", "WORD=private", "--image", project.image() + ":1"},
                   environment);
  INFO(run.err);
  CHECK(run.exit.ok());
  CHECK(run.err.find("right horse") == std::string::npos);
  check_nothing_is_left(project);
}

TEST_CASE("a push that is refused ends before anything is built") {
  const RunProject project(support::Login::required);
  const auto run = project.push({project.dockerfile(writes), "--image", project.image() + ":1"},
                                project.no_programs());
  CHECK_FALSE(run.exit.ok());
  CHECK(run.err.find("building with") == std::string::npos);
}

TEST_CASE("a dry run says which engine would build and why, and builds nothing") {
  RunProject project;
  project.registry.forget_requests();
  const auto run =
      project.push({project.dockerfile(writes), "--image", project.image() + ":1", "--dry-run"},
                   project.no_programs());
  INFO(run.err);
  CHECK(run.exit.ok());
  CHECK(run.out == project.image() + ":1\n");
  CHECK(run.err.find("line 5 needs an engine (RUN executes a command in a container): would build "
                     "with the engine at " +
                     engine_address() + "; its layers are not known until then") !=
        std::string::npos);
  CHECK(output_of({"docker", "images", "--all", "--quiet", "--filter",
                   "label=stagecraft.test=" + project.mark})
            .empty());
  CHECK(project.registry.requests().find("POST") == std::string::npos);
}

TEST_CASE("where nothing is that could build, what was looked for is told") {
  const RunProject project;
  auto environment = project.no_programs();
  environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  const auto run =
      project.push({project.dockerfile(writes), "--image", project.image() + ":1"}, environment);
  CHECK(run.exit.code == 3);
  CHECK(
      error_line(run) ==
      "build Dockerfile: line 5 needs an engine (RUN executes a command in a container): no "
      "docker in PATH, reach the engine at unix:///nowhere/docker.sock: connect "
      "to /nowhere/docker.sock: No such file or directory, no buildah in PATH, no podman in PATH");
}

TEST_CASE("the engine's words are told when it does not speak the version that was asked for") {
  const RunProject project;
  auto environment = project.no_programs();
  environment["DOCKER_API_VERSION"] = "9.99";
  const auto run =
      project.push({project.dockerfile(writes), "--image", project.image() + ":1"}, environment);
  CHECK(run.exit.code == 1);
  CHECK(error_line(run).find("client version 9.99 is too new") != std::string::npos);
}

TEST_CASE("an image is loaded into the engine and taken out of it through its socket") {
  const RunProject project;
  const EngineImage image(project.image() + ":loaded");
  // The program as the image's only file: no RUN, no engine to build.
  support::write_file(project.folder.path() / "Dockerfile",
                      "FROM scratch\nCOPY tool /tool\nENTRYPOINT [\"/tool\", \"fail\"]\n");
  const auto loaded = project.push({"Dockerfile", "--image", image.name(), "--save", "engine"},
                                   project.no_programs());
  INFO(loaded.err);
  REQUIRE(loaded.exit.ok());

  const auto pushed = project.push({"engine:" + image.name(), "--engine", "api", "--image",
                                    project.image() + ":1", "-o", "json"});
  INFO(pushed.err);
  REQUIRE(pushed.exit.ok());
  const auto id = output_of({"docker", "image", "inspect", "--format", "{{.Id}}", image.name()});
  const auto result = json::parse(pushed.out, "result");
  CHECK(json::Field(result, "result")["config_digest"].string() == id);

  const auto missing = project.push({"engine:" + project.image() + ":none", "--engine", "api",
                                     "--image", project.image() + ":2"});
  CHECK(missing.exit.code == 1);
  CHECK(error_line(missing) == "take the image " + project.image() + ":none (engine at " +
                                   engine_address() + "): it has no such image");
}

TEST_CASE("a base that only the engine has is pushed along, for a Dockerfile and for a jar") {
  const RunProject project;
  const EngineImage local(project.image() + ":only-local");
  output_of({"tar", "-cf", "tool.tar", "tool"}, project.folder.path());
  output_of({"docker", "import", "--change", "ENTRYPOINT [\"/tool\", \"show\", \"/made\"]",
             "tool.tar", local.name()},
            project.folder.path());
  support::write_file(project.folder.path() / ".dockerignore", "");
  support::write_file(project.folder.path() / "made", "by COPY");
  support::write_file(project.folder.path() / "Dockerfile",
                      "FROM " + local.name() + "\nCOPY made /made\n");
  const auto run =
      project.push({"Dockerfile", "--image", project.image() + ":1"}, project.no_programs());
  INFO(run.err);
  REQUIRE(run.exit.ok());
  CHECK(run.err.find(local.name() + " is taken from the engine at") != std::string::npos);
  CHECK(pulled_output(project.image() + ":1") == "by COPY");

  const auto other =
      project.push({"Dockerfile", "--platform", "linux/s390x", "--image", project.image() + ":1"},
                   project.no_programs());
  CHECK(other.exit.code == 1);
  CHECK(other.err.find(" is taken from ") == std::string::npos);

  const auto jar =
      project.push({"--base", "engine:" + local.name(), "--image", project.image() + ":2"},
                   project.no_programs());
  INFO(jar.err);
  REQUIRE(jar.exit.ok());
  CHECK(project.registry.inspect("shop:2", "{{len .Layers}}") != "0");
}

TEST_CASE("SIGTERM ends the build in the engine, and its container and name are gone") {
  const RunProject project;
  auto environment = process::all_environment_variables();
  for (const auto& [name, value] : project.environment()) environment[name] = value;
  for (const auto& [name, value] : project.no_programs()) environment[name] = value;
  process::Child child(
      {.argv = {support::binaries() / "docker-push",
                project.dockerfile("RUN [\"/tool\", \"wait\"]"), "--image", project.image() + ":1"},
       .environment = environment,
       .directory = project.folder.path(),
       .output = project.folder.path() / "log"});
  const auto containers = [&project] {
    return output_of(
        {"docker", "ps", "--quiet", "--filter", "label=stagecraft.test=" + project.mark});
  };
  REQUIRE(comes_true([&] { return !containers().empty(); }));

  ::kill(child.pid(), SIGTERM);
  CHECK(child.wait().signal == SIGTERM);
  CHECK(comes_true([&] { return containers().empty(); }));
  CHECK(comes_true([&project] {
    return output_of({"docker", "ps", "--all", "--quiet", "--filter",
                      "label=stagecraft.test=" + project.mark})
        .empty();
  }));
  check_nothing_is_left(project);
}
