// SPDX-License-Identifier: Apache-2.0
#include "process/environment.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

#include "file/file.hpp"
#include "file/temp_dir.hpp"

namespace fs = std::filesystem;

namespace {

// Sets a variable of this process and puts the old value back.
class Variable {
 public:
  Variable(const char* name, const char* value)
      : name_(name), old_(process::environment_variable(name)) {
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("a variable that is empty counts as unset") {
  const Variable set("STAGECRAFT_TEST_VALUE", "x=y");
  const Variable empty("STAGECRAFT_TEST_EMPTY", "");

  CHECK(process::environment_variable("STAGECRAFT_TEST_VALUE") == "x=y");
  CHECK_FALSE(process::environment_variable("STAGECRAFT_TEST_EMPTY"));
  CHECK_FALSE(process::environment_variable("STAGECRAFT_TEST_UNSET"));
  CHECK(process::own_environment()("STAGECRAFT_TEST_VALUE") == "x=y");
  CHECK(process::all_environment_variables().at("STAGECRAFT_TEST_VALUE") == "x=y");
}

TEST_CASE("an environment made of a map answers from the map alone") {
  const Variable set("STAGECRAFT_TEST_VALUE", "real");
  const auto environment = process::environment_of({{"A", "1"}, {"EMPTY", ""}});

  CHECK(environment("A") == "1");
  CHECK_FALSE(environment("EMPTY"));
  CHECK_FALSE(environment("STAGECRAFT_TEST_VALUE"));
}

TEST_CASE("a program is looked up in PATH, folder by folder, and must be an executable file") {
  const file::TempDir folder("environment-test");
  const auto first = folder.path() / "first";
  const auto second = folder.path() / "second";
  file::write_atomically(first / "tool", "", 0644);  // not executable
  fs::create_directories(first / "other");           // a folder
  file::write_atomically(second / "tool", "", 0755);
  file::write_atomically(second / "other", "", 0755);
  const Variable path("PATH", (first.string() + ":" + second.string()).c_str());

  CHECK(process::find_program("tool") == second / "tool");
  CHECK(process::find_program("other") == second / "other");
  CHECK_FALSE(process::find_program("missing"));
  CHECK(process::find_program((second / "tool").string()) == second / "tool");
  CHECK_FALSE(process::find_program((first / "tool").string()));
}

TEST_CASE("the cache folder is the desktop's, else below HOME, else beside temporary files") {
  {
    const Variable cache("XDG_CACHE_HOME", "/cache");
    CHECK(process::cache_folder() == "/cache/stagecraft");
  }
  const Variable no_cache("XDG_CACHE_HOME", nullptr);
  {
    const Variable home("HOME", "/home/me");
    CHECK(process::home_folder() == "/home/me");
    CHECK(process::cache_folder() == "/home/me/.cache/stagecraft");
  }
  const Variable no_home("HOME", nullptr);
  CHECK_FALSE(process::home_folder());
  CHECK(process::cache_folder().parent_path() == fs::temp_directory_path());
}
