// SPDX-License-Identifier: Apache-2.0
#include "build-jar/jdk.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "support/tools.hpp"

TEST_CASE("a JDK is known by its release file, no JVM is started") {
  file::TempDir folder("jdk");
  const auto home = folder.path() / "jdk";
  support::write_file(home / "bin/java", "#!/bin/sh\nexit 1\n", 0755);
  const auto environment = process::environment_of({{"JAVA_HOME", home.string()}});

  auto found = build_jar::jdk(environment);
  CHECK(found.version == "unknown");
  CHECK_FALSE(found.has_compiler);

  support::write_file(home / "release", "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"21.0.4\"\n");
  support::write_file(home / "bin/javac", "#!/bin/sh\n", 0755);
  found = build_jar::jdk(environment);
  CHECK(found.version == "21.0.4");
  CHECK(found.has_compiler);
  CHECK(found.home == home);
}

TEST_CASE("a JAVA_HOME without java is told, not passed over") {
  CHECK_THROWS_WITH_AS(build_jar::jdk(process::environment_of({{"JAVA_HOME", "/nowhere"}})),
                       "find a JDK: JAVA_HOME is /nowhere, which has no bin/java", base::Error);
}
