// SPDX-License-Identifier: Apache-2.0
#include "build-jar/jar_facts.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "synthetic_jar.hpp"

namespace {

const std::string head(40, 'a');

}  // namespace

TEST_CASE("a jar's size, digest and manifest are its facts") {
  file::TempDir folder("jar-facts");
  const auto path = folder.path() / "app.jar";
  write_jar(path, {});

  const auto facts = build_jar::jar_facts(path);

  const auto content = file::read(path);
  CHECK(facts.size == content.size());
  CHECK(facts.sha256 == crypto::sha256_hex(content));
  CHECK(facts.boot.boot_version == "4.1.2");
  CHECK(facts.boot.start_class == "com.example.Shop");
  CHECK(facts.boot.java_version == "17");
}

TEST_CASE("the version comes from build-info.properties, else from the manifest") {
  file::TempDir folder("jar-facts");
  const auto path = folder.path() / "app.jar";
  const auto version = [&](const SyntheticJar& jar) {
    write_jar(path, jar);
    return build_jar::jar_facts(path).version;
  };

  CHECK(version({.implementation_version = "1.0.0", .build_info = "build.version=1.1.0\n"}) ==
        "1.1.0");
  CHECK(version({.implementation_version = "1.0.0", .build_info = "build.name=shop\n"}) == "1.0.0");
  CHECK(version({.implementation_version = "1.0.0"}) == "1.0.0");
  CHECK(version({}).empty());
}

TEST_CASE("a jar of another commit is refused, one that does not say passes") {
  file::TempDir folder("jar-facts");
  const auto path = folder.path() / "app.jar";
  struct Case {
    std::string git_properties;
    bool accepted;
  };
  const std::vector<Case> cases{
      {"", true},
      {"git.branch=main\n", true},
      {"git.commit.id=" + head + "\n", true},
      {"git.commit.id.full=" + head + "\ngit.commit.id=bbbbbbb\n", true},
      {"git.commit.id.abbrev=aaaaaaa\n", true},
      {"git.commit.id=aaaaaa\n", false},
      {"git.commit.id=" + std::string(40, 'b') + "\n", false},
      {"git.commit.id.abbrev=aaaaaab\n", false},
      {"git.commit.id=unknown\n", false},
  };
  for (const auto& [git_properties, accepted] : cases) {
    CAPTURE(git_properties);
    write_jar(path, {.git_properties = git_properties});
    const auto facts = build_jar::jar_facts(path);
    if (accepted) {
      CHECK_NOTHROW(build_jar::require_commit(facts, head, path));
    } else {
      CHECK_THROWS_WITH_AS(build_jar::require_commit(facts, head, path),
                           ("check " + path.string() + ": its git.properties says commit " +
                            facts.commit + ", HEAD is " + head)
                               .c_str(),
                           base::Error);
    }
  }
}

TEST_CASE("a flipped byte anywhere in an entry is found") {
  file::TempDir folder("jar-facts");
  const auto path = folder.path() / "app.jar";
  write_jar(path, {});
  auto content = file::read(path);
  const auto at = content.find("nested");
  REQUIRE(at != std::string::npos);
  content[at] ^= 1;
  file::write_atomically(path, content);

  try {
    build_jar::jar_facts(path);
    FAIL("it passed");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message().find("BOOT-INF/lib/a.jar") != std::string::npos);
  }
}

TEST_CASE("a start class that is not in the jar is found before any JVM is started") {
  file::TempDir folder("jar-facts");
  const auto path = folder.path() / "app.jar";
  write_jar(path, {.has_start_class_file = false});

  CHECK_THROWS_WITH_AS(
      build_jar::jar_facts(path),
      ("check " + path.string() + ": its Start-Class com.example.Shop is not in it").c_str(),
      base::Error);
}
