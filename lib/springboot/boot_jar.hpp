// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "archives/zip_reader.hpp"

namespace springboot {

// What an executable Spring Boot archive says of itself.
struct BootJar {
  std::string launcher;      // Main-Class as it stands: its package moved in Boot 3.2
  std::string start_class;   // the application's own main class
  std::string boot_version;  // "4.1.2"
  std::string java_version;  // Build-Jdk-Spec, "17"; empty when absent
  std::string version;       // Implementation-Version; empty when absent
  std::string content_root;  // "BOOT-INF/", of a war "WEB-INF/"
  std::string classes;       // "BOOT-INF/classes/"
  std::string libraries;     // "BOOT-INF/lib/"
  std::string layers_index;  // entry name of layers.idx; empty when the jar has none
};

// Exactly one of both is there.
struct Inspection {
  std::optional<BootJar> boot_jar;
  std::string why_not;  // "app.jar has no Start-Class: …"
};

// Rules by the manifest and the content, never by the file's name. Throws environment when the file
// cannot be read, integrity when it is no intact zip.
Inspection inspect(const std::filesystem::path& path);
Inspection inspect(const archives::ZipReader& zip);

// The same for a jar that must be one; throws integrity with the reason.
BootJar boot_jar(const archives::ZipReader& zip);

}  // namespace springboot
