// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace {

// A repository made by git itself, with a home folder of its own.
class ScratchRepository {
 public:
  ScratchRepository() : folder_("git-test") {
    std::filesystem::create_directories(home());
    std::filesystem::create_directories(path());
    git({"init", "--quiet", "--initial-branch=main"});
  }

  std::filesystem::path path() const { return folder_.path() / "shop"; }
  std::filesystem::path home() const { return folder_.path() / "home"; }
  std::filesystem::path beside(const std::string& name) const { return folder_.path() / name; }

  std::string git(std::vector<std::string> arguments) {
    return git_in(path(), std::move(arguments));
  }

  std::string git_in(const std::filesystem::path& where, std::vector<std::string> arguments) {
    process::Command command{.argv = {"git"}, .environment = variables(), .directory = where};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto done = process::capture(command);
    REQUIRE_MESSAGE(done.exit.ok(), done.err);
    return std::string(text::trim(done.out));
  }

  void write(const std::string& name, const std::string& content) {
    support::write_file(path() / name, content);
  }

  std::string commit(const std::string& name, const std::string& content) {
    write(name, content);
    git({"add", name});
    git({"commit", "--quiet", "--message", "change " + name});
    return git({"rev-parse", "HEAD"});
  }

  process::Environment environment(
      std::map<std::string, std::string, std::less<>> more = {}) const {
    more.emplace("HOME", home().string());
    more.emplace("GIT_CONFIG_NOSYSTEM", "1");
    return process::environment_of(std::move(more));
  }

 private:
  std::map<std::string, std::string> variables() const {
    auto all = process::all_environment_variables();
    std::erase_if(all, [](const auto& variable) { return variable.first.starts_with("GIT_"); });
    for (const auto* who : {"AUTHOR", "COMMITTER"}) {
      all[std::string("GIT_") + who + "_NAME"] = "Dev";
      all[std::string("GIT_") + who + "_EMAIL"] = "dev@example.com";
      all[std::string("GIT_") + who + "_DATE"] = "1750000000 +0200";
    }
    all["HOME"] = home().string();
    all["GIT_CONFIG_NOSYSTEM"] = "1";
    all["GIT_CONFIG_COUNT"] = "1";
    all["GIT_CONFIG_KEY_0"] = "protocol.file.allow";
    all["GIT_CONFIG_VALUE_0"] = "always";
    return all;
  }

  file::TempDir folder_;
};

}  // namespace
