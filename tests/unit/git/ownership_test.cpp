// SPDX-License-Identifier: Apache-2.0
#include "git/ownership.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "git/checkout.hpp"
#include "scratch_repository.hpp"

TEST_CASE("safe.directory values decide as git's own do") {
  const auto environment = process::environment_of({{"HOME", "/home/dev"}});
  struct Case {
    std::vector<std::string> values;
    const char* work_tree;
    bool allowed;
  };
  const std::vector<Case> cases{
      {{}, "/srv/shop", false},
      {{"*"}, "/srv/shop", true},
      {{"/srv/shop"}, "/srv/shop", true},
      {{"/srv/shop/"}, "/srv/shop", true},
      {{"/srv/shop"}, "/srv/shop/", true},
      {{"/srv/shop"}, "/srv/shop2", false},
      {{"/srv/shop"}, "/srv/shop/sub", false},
      {{"/srv/*"}, "/srv/shop", true},
      {{"/srv/*"}, "/srv/a/b", true},
      {{"/srv/*"}, "/srv2/shop", false},
      {{"/*"}, "/srv/shop", true},
      {{"~/shop"}, "/home/dev/shop", true},
      {{"*", ""}, "/srv/shop", false},
      {{"", "*"}, "/srv/shop", true},
      {{"/srv/shop", "", "/srv/other"}, "/srv/shop", false},
      {{"/srv/other", "/srv/shop"}, "/srv/shop", true},
  };
  for (const auto& [values, work_tree, allowed] : cases) {
    CAPTURE(work_tree);
    CAPTURE(values.size());
    CHECK(git::allows(values, work_tree, environment) == allowed);
  }
}

TEST_CASE("safe.directory is read from the global file, the XDG file and the command's variables") {
  ScratchRepository repository;
  support::write_file(repository.home() / ".gitconfig",
                      "[safe]\n\tdirectory = /srv/a\n\tdirectory = \n\tdirectory\n");
  support::write_file(repository.home() / ".config/git/config", "[safe]\n\tdirectory = /srv/x\n");

  const auto values =
      git::safe_directories(repository.environment({{"GIT_CONFIG_COUNT", "2"},
                                                    {"GIT_CONFIG_KEY_0", "Safe.Directory"},
                                                    {"GIT_CONFIG_VALUE_0", "/srv/b"},
                                                    {"GIT_CONFIG_KEY_1", "user.name"},
                                                    {"GIT_CONFIG_VALUE_1", "/srv/c"}}));

  CHECK(values == std::vector<std::string>{"/srv/x", "/srv/a", "", "", "/srv/b"});
}

TEST_CASE("GIT_CONFIG_GLOBAL replaces the files of the home folder") {
  ScratchRepository repository;
  support::write_file(repository.home() / ".gitconfig", "[safe]\n\tdirectory = /srv/a\n");
  support::write_file(repository.beside("global"), "[safe]\n\tdirectory = *\n");

  CHECK(git::safe_directories(repository.environment(
            {{"GIT_CONFIG_GLOBAL", repository.beside("global").string()}})) ==
        std::vector<std::string>{"*"});
}

TEST_CASE("the owner of work tree and git directory must be us, or under sudo the calling user") {
  ScratchRepository repository;
  const auto us = ::geteuid();
  const auto nothing = process::environment_of({});
  CHECK_FALSE(git::find_foreign(repository.path(), us, nothing).has_value());

  const auto foreign = git::find_foreign(repository.path(), us + 1, nothing);
  REQUIRE(foreign.has_value());
  CHECK(foreign->owner == us);
  CHECK(foreign->path == repository.path());
}

TEST_CASE("another user's repository is refused with owner, uid and the line that allows it") {
  if (::geteuid() != 0) return;  // only root can give files away
  ScratchRepository repository;
  repository.commit("a.txt", "one");
  const auto folder = repository.path();
  constexpr uid_t stranger = 12'345;
  for (const auto& path : {folder, folder / ".git"}) {
    REQUIRE(::lchown(path.c_str(), stranger, stranger) == 0);
  }

  SUBCASE("nothing allows it") {
    try {
      git::checkout(folder, repository.environment());
      FAIL("it was read");
    } catch (const base::Error& error) {
      CHECK(error.kind() == base::Kind::environment);
      CHECK(error.message() == "open the repository " + folder.string() + ": " + folder.string() +
                                   " belongs to uid 12345, we are uid 0");
      CHECK(error.hint() == "git config --global --add safe.directory " + folder.string());
    }
  }
  SUBCASE("a star allows it, which libgit2 ignores") {
    support::write_file(repository.home() / ".gitconfig", "[safe]\n\tdirectory = *\n");
    CHECK(git::checkout(folder, repository.environment()).branch == "main");
  }
  SUBCASE("the command's variables allow it, which libgit2 ignores") {
    CHECK(git::checkout(folder, repository.environment({{"GIT_CONFIG_COUNT", "1"},
                                                        {"GIT_CONFIG_KEY_0", "safe.directory"},
                                                        {"GIT_CONFIG_VALUE_0", folder.string()}}))
              .branch == "main");
  }
  SUBCASE("the user who called sudo owns it") {
    CHECK(git::checkout(folder, repository.environment({{"SUDO_UID", "12345"}})).branch == "main");
  }
}
