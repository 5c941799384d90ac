// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_recipes.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "archives/zip_writer.hpp"
#include "file/temp_dir.hpp"

namespace {

using Libraries = std::map<std::string, std::string>;

Libraries many() {
  Libraries libraries;
  for (int i = 0; i < 60; ++i) libraries["lib" + std::to_string(i) + "-1.0.jar"] = "one";
  return libraries;
}

// Layer name → key, of a jar without a layers index.
std::map<std::string, std::string> keys(const Libraries& libraries, int buckets) {
  const file::TempDir folder("recipes");
  std::vector<archives::ZipInput> files{
      {.path = "META-INF/MANIFEST.MF",
       .content = "Manifest-Version: 1.0\r\nMain-Class: "
                  "org.springframework.boot.loader.launch.JarLauncher\r\nStart-Class: a.Main\r\n"
                  "Spring-Boot-Version: 3.2.0\r\nSpring-Boot-Classes: BOOT-INF/classes/\r\n"
                  "Spring-Boot-Lib: BOOT-INF/lib/\r\n\r\n"},
      {.path = "org/springframework/boot/loader/launch/JarLauncher.class", .content = "loader"},
      {.path = "BOOT-INF/classes/a/Main.class", .content = "main"}};
  for (const auto& [name, content] : libraries) {
    files.push_back({.path = "BOOT-INF/lib/" + name, .content = content});
  }
  archives::zip_to_file(files, folder.path() / "app.jar");
  const archives::ZipReader zip(folder.path() / "app.jar");
  std::map<std::string, std::string> keys;
  for (const auto& recipe :
       docker_push::jar_recipes(zip, springboot::boot_jar(zip), {.buckets = buckets}, {})) {
    keys[recipe->name] = recipe->key();
  }
  return keys;
}

int differing(const std::map<std::string, std::string>& one,
              const std::map<std::string, std::string>& two) {
  int count = 0;
  for (const auto& [name, key] : one) count += two.contains(name) && two.at(name) == key ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("an artifact's name is what stays when its version changes") {
  const std::map<std::string, std::string> cases{
      {"BOOT-INF/lib/spring-core-6.1.2.jar", "spring-core"},
      {"jakarta.annotation-api-2.1.1.jar", "jakarta.annotation-api"},
      {"log4j-api-2.21.1.jar", "log4j-api"},
      {"netty-transport-native-epoll-4.1.104.Final-linux-x86_64.jar",
       "netty-transport-native-epoll"},
      {"h2.jar", "h2"},
      {"common-SNAPSHOT.jar", "common-SNAPSHOT"},
      {"-1.jar", "-1"}};
  for (const auto& [path, artifact] : cases) CHECK(docker_push::artifact_of(path) == artifact);
}

TEST_CASE("one new version of one library changes one of the library layers") {
  const auto before = keys(many(), 6);
  CHECK(before.size() == 8);  // six of libraries, loader, application

  auto libraries = many();
  libraries.erase("lib7-1.0.jar");
  libraries["lib7-1.1.jar"] = "two";
  CHECK(differing(before, keys(libraries, 6)) == 1);

  libraries["another-1.jar"] = "new";
  CHECK(differing(before, keys(libraries, 6)) <= 2);
}

TEST_CASE("few libraries, or one layer asked for, stay together") {
  CHECK(keys(many(), 1).contains("dependencies"));
  CHECK(keys({{"a-1.jar", "a"}, {"b-1.jar", "b"}}, 6).contains("dependencies"));
}
