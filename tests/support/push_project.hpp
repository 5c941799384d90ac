// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "support/boot_jar.hpp"
#include "support/registry_fixture.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace support {

// A folder with a jar, its release record, and a base image in the registry.
class PushProject {
 public:
  explicit PushProject(Login login = Login::none) : registry(login) {
    write_boot_jar(jar());
    write_record();
    if (login == Login::none) base = registry.push_base_image("jre:17");
  }

  std::filesystem::path jar() const { return folder.path() / "app.jar"; }

  void write_record() const {
    const auto record =
        json::object({{"schema", 1},
                      {"source", json::object({{"repo", "https://git.example/shop.git"},
                                               {"commit", std::string(40, 'c')},
                                               {"version", "1.2.3+4"},
                                               {"dirty", false},
                                               {"build_tag", ""},
                                               {"commit_time", 1767323045}})},
                      {"jar", json::object({{"path", "../app.jar"},
                                            {"sha256", crypto::sha256_hex(file::read(jar()))}})}});
    write_file(record_path(), json::write_pretty(record));
  }

  std::filesystem::path record_path() const { return folder.path() / ".stagecraft/release.json"; }

  std::string image() const { return registry.address() + "/shop"; }

  std::map<std::string, std::string> environment() const {
    return {{"STAGECRAFT_IMAGE", image()},
            {"STAGECRAFT_BASE", registry.address() + "/jre:17"},
            {"DOCKER_CONFIG", (folder.path() / "no-docker").string()},
            {"XDG_CACHE_HOME", (folder.path() / "cache").string()}};
  }

  // `more` stands over environment().
  process::Captured push(std::vector<std::string> arguments = {},
                         const std::map<std::string, std::string>& more = {}) const {
    ToolCall call{.arguments = std::move(arguments),
                  .environment = environment(),
                  .directory = folder.path()};
    for (const auto& [name, value] : more) call.environment[name] = value;
    return run_tool("docker-push", call);
  }

  // The result of a push with `-o json`; a failed one fails the test.
  json::Value pushed(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"-o", "json"});
    const auto run = push(std::move(arguments));
    INFO(run.err);
    REQUIRE(run.exit.ok());
    return json::parse(run.out, "result");
  }

  // What a machine remembers that has never pushed.
  void forget_everything() const { std::filesystem::remove_all(folder.path() / "cache"); }

  json::Value record() const { return json::parse(file::read(record_path()), "release.json"); }

  RegistryFixture registry;
  file::TempDir folder{"docker-push-test"};
  std::string base;
};

// What the tool says at its end, without its name.
inline std::string error_line(const process::Captured& run) {
  for (const auto line : text::lines(run.err)) {
    const auto at = line.find("docker-push: ");
    if (at != std::string_view::npos) return std::string(line.substr(at + 13));
  }
  return {};
}

inline std::size_t count(std::string_view text, std::string_view word) {
  std::size_t number = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    ++number;
  return number;
}

}  // namespace support
