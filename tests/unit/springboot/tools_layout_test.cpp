// SPDX-License-Identifier: Apache-2.0
#include "springboot/tools_layout.hpp"

#include <doctest/doctest.h>

#include <string>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "springboot/manifest.hpp"

namespace {

constexpr auto launcher = "org/springframework/boot/loader/launch/JarLauncher.class";

std::vector<archives::ZipInput> files(const std::string& root, bool indexed) {
  std::string manifest =
      "Manifest-Version: 1.0\nImplementation-Title: shop\n"
      "Main-Class: org.springframework.boot.loader.launch.JarLauncher\n"
      "Start-Class: com.example.Shop\nSpring-Boot-Version: 4.1.2\n";
  if (indexed) manifest += "Spring-Boot-Classpath-Index: BOOT-INF/classpath.idx\n";
  return {{.path = "META-INF/MANIFEST.MF", .content = manifest + "\n"},
          {.path = "META-INF/services/java.nio.file.spi.FileSystemProvider", .content = "nested"},
          {.path = "META-INF/build.txt", .content = "kept"},
          {.path = launcher, .content = "launcher"},
          {.path = root + "classpath.idx",
           .content = "- \"BOOT-INF/lib/zebra-1.0.jar\"\n- \"BOOT-INF/lib/ant-1.0.jar\"\n"},
          {.path = root + "lib/ant-1.0.jar", .content = "ant"},
          {.path = root + "lib/zebra-1.0.jar", .content = "zebra"},
          {.path = root + "classes/com/example/Shop.class", .content = "shop"}};
}

springboot::ToolsLayout layout_of(const std::string& root, bool indexed) {
  const file::TempDir folder("tools-layout");
  archives::zip_to_file(files(root, indexed), folder.path() / "app.jar");
  const archives::ZipReader zip(folder.path() / "app.jar");
  auto layout = springboot::tools_layout(zip, springboot::boot_jar(zip));
  for (auto& moved : layout.application) moved.entry = nullptr;  // the reader ends here
  return layout;
}

}  // namespace

TEST_CASE("the application's jar starts the start class with the libraries in the index's order") {
  const auto layout = layout_of("BOOT-INF/", true);
  const springboot::Manifest manifest(layout.manifest);
  CHECK(manifest.value("Main-Class") == "com.example.Shop");
  CHECK(manifest.value("Class-Path") == "lib/zebra-1.0.jar lib/ant-1.0.jar");
  CHECK(manifest.value("Implementation-Title") == "shop");
  for (const auto* gone : {"Start-Class", "Spring-Boot-Version", "Spring-Boot-Classpath-Index"}) {
    CHECK(manifest.value(gone).empty());
  }
  CHECK(springboot::Manifest(layout_of("BOOT-INF/", false).manifest).value("Class-Path") ==
        "lib/ant-1.0.jar lib/zebra-1.0.jar");
}

TEST_CASE(
    "the application's jar holds its classes at the root and neither launcher nor libraries") {
  std::string paths;
  for (const auto& moved : layout_of("BOOT-INF/", true).application) paths += moved.path + ' ';
  CHECK(paths == "META-INF/build.txt com/example/Shop.class ");
}

TEST_CASE("the libraries may lie in a folder of another name") {
  const file::TempDir folder("tools-layout");
  archives::zip_to_file(files("BOOT-INF/", true), folder.path() / "app.jar");
  const archives::ZipReader zip(folder.path() / "app.jar");
  const auto jar = springboot::boot_jar(zip);
  const springboot::Manifest manifest(springboot::tools_layout(zip, jar, "app-lib").manifest);
  CHECK(manifest.value("Class-Path") == "app-lib/zebra-1.0.jar app-lib/ant-1.0.jar");
  CHECK(springboot::library_path(jar, "BOOT-INF/lib/ant-1.0.jar", "app-lib") ==
        "app-lib/ant-1.0.jar");
}

TEST_CASE("a war has no such layout") {
  CHECK_THROWS_AS(layout_of("WEB-INF/", false), base::Error);
}

TEST_CASE("a long attribute is folded at 72 bytes and read back whole") {
  const std::string value(500, 'x');
  const auto text = springboot::write_manifest({{"Class-Path", value}});
  for (std::size_t from = 0, to = text.find("\r\n"); to != std::string::npos;
       from = to + 2, to = text.find("\r\n", from)) {
    CHECK(to - from <= 72);
  }
  CHECK(springboot::Manifest(text).value("Class-Path") == value);
}
