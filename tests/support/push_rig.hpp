// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/boot_jar.hpp"
#include "support/registry_fixture.hpp"
#include "support/stored_repository.hpp"
#include "support/tools.hpp"

namespace support {

// Bytes that do not compress, the same in each run.
inline std::string noise(std::size_t size) {
  std::mt19937_64 random(size);
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t number = random();
    std::memcpy(&bytes[at], &number, std::min(sizeof number, size - at));
  }
  return bytes;
}

struct PushCall {
  std::string registry{};  // through which address
  std::string repository{};
  std::string base{};
  std::string jar = "new.jar";
  std::vector<std::string> more{};
  std::map<std::string, std::string> environment{};
};

struct Pushed {
  process::Captured run{};
  std::size_t scratch_files = 0;
};

// A registry with a base image, another with the same, two versions of a jar, and as many machines
// as there are pushes: none has pushed before.
class PushRig {
 public:
  PushRig() {
    registry.push_base_image("jre:17");
    std::filesystem::create_directories(elsewhere.storage());
    std::filesystem::copy(registry.storage(), elsewhere.storage(),
                          std::filesystem::copy_options::recursive);
    write_boot_jar(folder.path() / "old.jar", {.application = "old"});
    write_boot_jar(folder.path() / "new.jar",
                   {.application = "new", .libraries = {{"data.jar", noise(200'000)}}});
  }

  process::Command command(const PushCall& call, const std::filesystem::path& machine) const {
    std::filesystem::create_directories(machine / "tmp");
    process::Command command{
        .argv = {(binaries() / "docker-push").string(), (folder.path() / call.jar).string(),
                 "--image", fmt::format("{}/{}:1", call.registry, call.repository), "--base",
                 call.base},
        .environment = process::all_environment_variables(),
        .directory = machine};
    command.argv.insert(command.argv.end(), call.more.begin(), call.more.end());
    auto& environment = *command.environment;
    std::erase_if(environment, [](const auto& variable) {
      return variable.first.starts_with("STAGECRAFT_") || variable.first.starts_with("REGISTRY_") ||
             variable.first == "BUILD_TAG" || variable.first == "GIT_COMMIT";
    });
    environment["DOCKER_CONFIG"] = (machine / "no-docker").string();
    environment["XDG_CACHE_HOME"] = (machine / "cache").string();
    environment["TMPDIR"] = (machine / "tmp").string();
    for (const auto& [name, value] : call.environment) environment[name] = value;
    return command;
  }

  Pushed push(const PushCall& call) const {
    const file::TempDir machine("push", folder.path());
    Pushed pushed{.run =
                      process::capture(command(call, machine.path()), {}, std::chrono::minutes(2))};
    for ([[maybe_unused]] const auto& left :
         std::filesystem::directory_iterator(machine.path() / "tmp")) {
      ++pushed.scratch_files;
    }
    return pushed;
  }

  StoredRepository repository(const std::string& name) const { return {registry.storage(), name}; }

  std::string base_of(const std::string& address) const { return address + "/jre:17"; }

  RegistryFixture registry;
  RegistryFixture elsewhere;
  file::TempDir folder{"push-faults"};
};

}  // namespace support
