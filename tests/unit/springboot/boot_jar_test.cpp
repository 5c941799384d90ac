// SPDX-License-Identifier: Apache-2.0
#include "springboot/boot_jar.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "springboot/manifest.hpp"

namespace {

springboot::Inspection inspected(std::string_view manifest, std::vector<std::string> files) {
  const file::TempDir folder("boot-jar-test");
  const auto path = folder.path() / "app.jar";
  std::vector<archives::ZipInput> inputs;
  if (!manifest.empty()) {
    inputs.push_back({.path = "META-INF/MANIFEST.MF", .content = std::string(manifest)});
  }
  for (std::string& file : files) inputs.push_back({.path = std::move(file), .content = "x"});
  archives::zip_to_file(inputs, path);
  auto inspection = springboot::inspect(path);
  const std::string prefix = path.string() + " ";
  if (inspection.why_not.starts_with(prefix)) inspection.why_not.erase(0, prefix.size());
  return inspection;
}

constexpr const char* manifest_4 =
    "Manifest-Version: 1.0\r\n"
    "Main-Class: org.springframework.boot.loader.launch.JarLauncher\r\n"
    "Start-Class: com.example.shop.ShopApplica\r\n"
    " tion\r\n"
    "Spring-Boot-Version: 4.1.2\r\n"
    "Spring-Boot-Classes: BOOT-INF/classes/\r\n"
    "Spring-Boot-Lib: BOOT-INF/lib/\r\n"
    "Spring-Boot-Layers-Index: BOOT-INF/layers.idx\r\n"
    "Build-Jdk-Spec: 17\r\n"
    "Implementation-Version: 1.2.3\r\n"
    "\r\n"
    "Name: other\r\n"
    "Start-Class: wrong\r\n";

const std::string launcher_4 = "org/springframework/boot/loader/launch/JarLauncher.class";

}  // namespace

TEST_CASE("a boot jar's manifest is read, continuation lines joined, later sections left out") {
  const auto inspection = inspected(manifest_4, {launcher_4, "BOOT-INF/classes/A.class"});

  REQUIRE(inspection.boot_jar);
  const springboot::BootJar& jar = *inspection.boot_jar;
  CHECK(jar.launcher == "org.springframework.boot.loader.launch.JarLauncher");
  CHECK(jar.start_class == "com.example.shop.ShopApplication");
  CHECK(jar.boot_version == "4.1.2");
  CHECK(jar.java_version == "17");
  CHECK(jar.version == "1.2.3");
  CHECK(jar.layers_index == "BOOT-INF/layers.idx");
  CHECK(jar.libraries == "BOOT-INF/lib/");
}

TEST_CASE("launchers before Boot 3.2, of wars and by properties are taken as they stand") {
  for (const std::string launcher :
       {"JarLauncher", "PropertiesLauncher", "launch.PropertiesLauncher"}) {
    CAPTURE(launcher);
    std::string path = "org/springframework/boot/loader/" + launcher + ".class";
    if (launcher.starts_with("launch.")) path.replace(path.find("launch."), 7, "launch/");
    const auto inspection = inspected("Main-Class: org.springframework.boot.loader." + launcher +
                                          "\nStart-Class: a.B\nSpring-Boot-Version: 2.7.18\n",
                                      {path, "BOOT-INF/lib/a.jar"});
    REQUIRE(inspection.boot_jar);
    CHECK(inspection.boot_jar->launcher == "org.springframework.boot.loader." + launcher);
    CHECK(inspection.boot_jar->layers_index.empty());
  }
  const auto war = inspected(
      "Main-Class: org.springframework.boot.loader.launch.WarLauncher\nStart-Class: a.B\n"
      "Spring-Boot-Version: 4.1.2\n",
      {"org/springframework/boot/loader/launch/WarLauncher.class", "WEB-INF/lib/a.jar"});
  REQUIRE(war.boot_jar);
  CHECK(war.boot_jar->libraries == "WEB-INF/lib/");
}

TEST_CASE("what is no boot jar is told with the reason") {
  struct Case {
    std::string manifest;
    std::vector<std::string> files;
    std::string why_not;
  };
  const std::string start = "Start-Class: a.B\nSpring-Boot-Version: 4.1.2\n";
  const std::vector<Case> cases{
      {"", {"a"}, "has no META-INF/MANIFEST.MF: no jar"},
      {"Manifest-Version: 1.0\n",
       {"a"},
       "has no Main-Class: a plain jar; is Spring Boot's repackage or bootJar on?"},
      {"Main-Class: a.B\n", {"a"}, "has no Spring-Boot-Version: not made by Spring Boot's plugin"},
      {"Main-Class: a.B\nSpring-Boot-Version: 4.1.2\n",
       {"a"},
       "has no Start-Class: Spring Boot's repackage goal did not run"},
      {start, {"a"}, "has no Main-Class: it cannot be started"},
      {"Main-Class: a.B\n" + start,
       {"BOOT-INF/classes/a"},
       "has Main-Class a.B, no launcher of Spring Boot: it was unpacked or shaded"},
      {manifest_4,
       {"BOOT-INF/classes/a"},
       "does not hold its launcher org.springframework.boot.loader.launch.JarLauncher"},
      {manifest_4, {launcher_4}, "has neither BOOT-INF/ nor WEB-INF/"},
  };
  for (const Case& c : cases) {
    const auto inspection = inspected(c.manifest, c.files);
    CHECK_FALSE(inspection.boot_jar);
    CHECK(inspection.why_not == c.why_not);
  }
}
