// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "archives/zip_writer.hpp"

namespace support {

// What goes into a synthetic Spring Boot jar.
struct BootJarContent {
  std::string application = "class file";  // of BOOT-INF/classes
  std::string version = "1.2.3";
  bool indexed = true;  // with a layers.idx
  std::string index =
      "- \"dependencies\":\n  - \"BOOT-INF/lib/\"\n"
      "- \"spring-boot-loader\":\n  - \"org/\"\n"
      "- \"snapshot-dependencies\":\n"
      "- \"application\":\n  - \"BOOT-INF/\"\n  - \"META-INF/\"\n";
  std::map<std::string, std::string> libraries{};  // more of them: file name → content
  // What the JVM loads as the launcher; no class file unless a test compiled one.
  std::string launcher = "launcher";
};

// A jar with the launcher, manifest and layout of Spring Boot 4.1, a nested library and a resource.
inline void write_boot_jar(const std::filesystem::path& path, const BootJarContent& content = {}) {
  const std::string launcher = "org.springframework.boot.loader.launch.JarLauncher";
  std::string manifest = "Manifest-Version: 1.0\nMain-Class: " + launcher +
                         "\nStart-Class: com.example.Shop\nSpring-Boot-Version: 4.1.2\n"
                         "Build-Jdk-Spec: 17\nImplementation-Version: " +
                         content.version + "\n";
  if (content.indexed) manifest += "Spring-Boot-Layers-Index: BOOT-INF/layers.idx\n";
  const std::string library = archives::zip_bytes({{.path = "META-INF/x", .content = "library"}});
  std::vector<archives::ZipInput> inputs{
      {.path = "META-INF/MANIFEST.MF", .content = manifest},
      {.path = "org/springframework/boot/loader/launch/JarLauncher.class",
       .content = content.launcher},
      {.path = "BOOT-INF/lib/library-1.0.jar", .content = library},
      {.path = "BOOT-INF/classes/application.txt", .content = content.application}};
  if (content.indexed) {
    inputs.push_back({.path = "BOOT-INF/layers.idx", .content = content.index});
  }
  for (const auto& [name, bytes] : content.libraries) {
    inputs.push_back({.path = "BOOT-INF/lib/" + name, .content = bytes});
  }
  archives::zip_to_file(inputs, path, archives::ZipPacking::store);
}

}  // namespace support
