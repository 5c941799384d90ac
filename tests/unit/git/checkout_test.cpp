// SPDX-License-Identifier: Apache-2.0
#include "git/checkout.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/error.hpp"
#include "scratch_repository.hpp"

#ifdef __SANITIZE_ADDRESS__
// libgit2 1.5.1 drops a match buffer of PCRE2 for each key that it looks for submodules in.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libpcre2"; }
#endif

namespace {

std::string without_v(std::string description) {
  return description.starts_with('v') ? description.substr(1) : description;
}

}  // namespace

TEST_CASE("a clean checkout is its commit, branch, time and remote") {
  ScratchRepository repository;
  const auto commit = repository.commit("a.txt", "one");
  repository.git({"remote", "add", "origin", "https://user:token@git.example.com/acme/shop.git"});

  const auto found = git::checkout(repository.path(), repository.environment());

  CHECK(found.commit == commit);
  CHECK(found.commit.size() == 40);
  CHECK(found.commit_time == 1'750'000'000);
  CHECK(found.branch == "main");
  CHECK(found.remote == "https://git.example.com/acme/shop.git");
  CHECK_FALSE(found.dirty);
  CHECK_FALSE(found.shallow);
  CHECK(std::filesystem::equivalent(found.work_tree, repository.path()));
}

TEST_CASE("without an origin the first remote is named, without any none") {
  ScratchRepository repository;
  repository.commit("a.txt", "one");
  const auto remote = [&] {
    return git::checkout(repository.path(), repository.environment()).remote;
  };

  CHECK(remote().empty());
  repository.git({"remote", "add", "upstream", "git@git.example.com:acme/shop.git"});
  CHECK(remote() == "git@git.example.com:acme/shop.git");
  repository.git({"remote", "add", "origin", "https://git.example.com/me/shop.git"});
  CHECK(remote() == "https://git.example.com/me/shop.git");
}

TEST_CASE("a folder below the work tree is the same checkout") {
  ScratchRepository repository;
  const auto commit = repository.commit("services/shop/pom.xml", "<project/>");

  CHECK(git::checkout(repository.path() / "services/shop", repository.environment()).commit ==
        commit);
}

TEST_CASE("a detached HEAD has no branch") {
  ScratchRepository repository;
  const auto commit = repository.commit("a.txt", "one");
  repository.git({"checkout", "--quiet", "--detach"});

  const auto found = git::checkout(repository.path(), repository.environment());

  CHECK(found.branch.empty());
  CHECK(found.commit == commit);
}

TEST_CASE("only tracked changes make a checkout dirty") {
  ScratchRepository repository;
  repository.commit("a.txt", "one");
  const auto dirty = [&] {
    return git::checkout(repository.path(), repository.environment()).dirty;
  };

  repository.write("untracked.txt", "new");
  CHECK_FALSE(dirty());
  repository.write("a.txt", "two");
  CHECK(dirty());
  repository.git({"add", "a.txt"});
  CHECK(dirty());
  repository.git({"reset", "--hard", "--quiet"});
  CHECK_FALSE(dirty());
  std::filesystem::remove(repository.path() / "a.txt");
  CHECK(dirty());
}

TEST_CASE("an ignored build folder does not make a checkout dirty") {
  ScratchRepository repository;
  repository.commit(".gitignore", "target/\n");
  repository.write("target/app.jar", "jar");

  CHECK_FALSE(git::checkout(repository.path(), repository.environment()).dirty);
}

TEST_CASE("the version is what git describe says, twelve digits long") {
  ScratchRepository repository;
  const auto version = [&] {
    return git::checkout(repository.path(), repository.environment()).version;
  };
  const auto described = [&] {
    return without_v(repository.git({"describe", "--tags", "--abbrev=12"}));
  };

  const auto first = repository.commit("a.txt", "one");
  CHECK(version() == "0.0.0-g" + first.substr(0, 12));
  repository.git({"tag", "v1.2.0"});
  CHECK(version() == "1.2.0");
  repository.commit("a.txt", "two");
  CHECK(version() == described());
  repository.git({"tag", "--annotate", "--message", "x", "v1.3.0"});
  CHECK(version() == "1.3.0");
  repository.commit("a.txt", "three");
  repository.commit("a.txt", "four");
  CHECK(version() == described());
  CHECK(version().starts_with("1.3.0-2-g"));
  repository.write("a.txt", "five");
  CHECK(version() == described() + "-dirty");
}

TEST_CASE("a tag that is a word keeps its first letter") {
  ScratchRepository repository;
  repository.commit("a.txt", "one");
  repository.git({"tag", "vanilla"});

  CHECK(git::checkout(repository.path(), repository.environment()).version == "vanilla");
}

TEST_CASE("a shallow clone says so instead of trusting a count of commits") {
  ScratchRepository repository;
  repository.commit("a.txt", "one");
  repository.git({"tag", "v1.0.0"});
  repository.commit("a.txt", "two");
  const auto head = repository.commit("a.txt", "three");
  const auto clone = repository.beside("clone");
  repository.git(
      {"clone", "--quiet", "--depth=1", "file://" + repository.path().string(), clone.string()});

  const auto found = git::checkout(clone, repository.environment());

  CHECK(found.shallow);
  CHECK(found.commit == head);
  CHECK(found.version == "0.0.0-shallow-g" + head.substr(0, 12));
}

TEST_CASE("a linked work tree is a checkout of its own branch") {
  ScratchRepository repository;
  repository.commit("a.txt", "one");
  const auto linked = repository.beside("linked");
  repository.git({"worktree", "add", "--quiet", "-b", "topic", linked.string()});

  const auto found = git::checkout(linked, repository.environment());

  CHECK(found.branch == "topic");
  CHECK(std::filesystem::equivalent(found.work_tree, linked));
}

TEST_CASE("a submodule counts when its commit moved, not when it holds an untracked file") {
  ScratchRepository inner;
  inner.commit("lib.txt", "one");
  ScratchRepository outer;
  outer.commit("a.txt", "one");
  outer.git({"submodule", "add", "--quiet", "file://" + inner.path().string(), "lib"});
  outer.git({"commit", "--quiet", "--message", "add lib"});
  const auto dirty = [&] { return git::checkout(outer.path(), outer.environment()).dirty; };
  CHECK_FALSE(dirty());

  outer.write("lib/untracked.txt", "new");
  CHECK_FALSE(dirty());
  outer.write("lib/lib.txt", "two");
  CHECK(dirty());
  outer.git_in(outer.path() / "lib", {"commit", "--quiet", "--all", "--message", "moved"});
  CHECK(dirty());
}

TEST_CASE("what is no checkout is told by its path") {
  file::TempDir folder("git-test");
  const auto nothing = process::environment_of({});
  CHECK_THROWS_WITH_AS(git::checkout(folder.path(), nothing),
                       (folder.path().string() + " lies in no git repository").c_str(),
                       base::Error);

  ScratchRepository unborn;
  CHECK_THROWS_WITH_AS(
      git::checkout(unborn.path(), unborn.environment()),
      ("the repository of " + unborn.path().string() + " has no commit yet").c_str(), base::Error);

  unborn.git({"init", "--quiet", "--bare", unborn.beside("bare").string()});
  CHECK_THROWS_WITH_AS(
      git::checkout(unborn.beside("bare"), unborn.environment()),
      (unborn.beside("bare").string() + " is a bare repository without files").c_str(),
      base::Error);
}

TEST_CASE("a repository of a newer format is an environment failure") {
  ScratchRepository repository;
  const auto newer = repository.beside("newer");
  repository.git({"init", "--quiet", "--object-format=sha256", newer.string()});

  try {
    git::checkout(newer, repository.environment());
    FAIL("it was read");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.message().find(newer.string()) != std::string::npos);
  }
}

TEST_CASE("a remote's URL is shown without credentials") {
  struct Case {
    const char* url;
    const char* shown;
  };
  for (const auto& [url, shown] : {
           Case{"https://git.example.com/a/b.git", "https://git.example.com/a/b.git"},
           Case{"https://token@git.example.com/a/b.git", "https://git.example.com/a/b.git"},
           Case{"https://user:p%40ss@git.example.com:8443/a", "https://git.example.com:8443/a"},
           Case{"HTTPS://user:p@ss@host/a@b", "https://host/a@b"},
           Case{"ssh://git:secret@host:22/a", "ssh://git@host:22/a"},
           Case{"ssh://git@host/a", "ssh://git@host/a"},
           Case{"git@host:a/b.git", "git@host:a/b.git"},
           Case{"/srv/git/a@b.git", "/srv/git/a@b.git"},
           Case{"file:///srv/a", "file:///srv/a"},
       }) {
    CAPTURE(url);
    CHECK(git::without_credentials(url) == shown);
  }
}
