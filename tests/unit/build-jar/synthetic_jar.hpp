// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "archives/zip_writer.hpp"

namespace {

struct SyntheticJar {
  std::string main_class = "org.springframework.boot.loader.launch.JarLauncher";
  std::string start_class = "com.example.Shop";
  std::string boot_version = "4.1.2";
  std::string implementation_version{};
  std::string build_info{};  // META-INF/build-info.properties of the classes
  std::string git_properties{};
  bool has_start_class_file = true;
};

// A jar with the few entries that tell what it is; `store` leaves nested jars readable.
inline void write_jar(const std::filesystem::path& path, const SyntheticJar& jar,
                      archives::ZipPacking packing = archives::ZipPacking::store) {
  std::string manifest = "Manifest-Version: 1.0\r\n";
  const auto attribute = [&](const char* name, const std::string& value) {
    if (!value.empty()) manifest += std::string(name) + ": " + value + "\r\n";
  };
  attribute("Main-Class", jar.main_class);
  attribute("Start-Class", jar.start_class);
  attribute("Spring-Boot-Version", jar.boot_version);
  attribute("Implementation-Version", jar.implementation_version);
  attribute("Build-Jdk-Spec", "17");
  std::vector<archives::ZipInput> inputs{{.path = "META-INF/MANIFEST.MF", .content = manifest},
                                         {.path = "BOOT-INF/lib/a.jar", .content = "nested"}};
  const auto add = [&](std::string name, std::string content) {
    inputs.push_back({.path = std::move(name), .content = std::move(content)});
  };
  if (!jar.main_class.empty()) {
    auto launcher = jar.main_class;
    for (auto& c : launcher) c = c == '.' ? '/' : c;
    add(launcher + ".class", "class");
  }
  if (jar.has_start_class_file) add("BOOT-INF/classes/com/example/Shop.class", "class");
  if (!jar.build_info.empty())
    add("BOOT-INF/classes/META-INF/build-info.properties", jar.build_info);
  if (!jar.git_properties.empty()) add("BOOT-INF/classes/git.properties", jar.git_properties);
  std::filesystem::create_directories(path.parent_path());
  archives::zip_to_file(std::move(inputs), path, packing);
}

inline void write_plain_jar(const std::filesystem::path& path) {
  write_jar(path, {.main_class = "", .start_class = "", .boot_version = ""});
}

}  // namespace
