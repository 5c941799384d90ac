// SPDX-License-Identifier: Apache-2.0
//
// The layout of `java -Djarmode=tools -jar app.jar extract` (Spring Boot 3.3): the application as a
// plain jar of its own classes, its libraries beside it in lib/, and no launcher. It starts faster
// than nested jars, and class data sharing works with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archives/zip_reader.hpp"
#include "springboot/boot_jar.hpp"

namespace springboot {

// A file of the boot jar and its name in the application's jar.
struct MovedEntry {
  const archives::ZipEntry* entry = nullptr;
  std::string path{};
};

struct ToolsLayout {
  std::string manifest{};                 // of the application's jar: Main-Class and Class-Path
  std::vector<MovedEntry> application{};  // what else is in that jar, sorted by path
};

// Throws refused for a war, whose static files have no place in that layout. `folder` is that of
// the libraries, beside the jar.
ToolsLayout tools_layout(const archives::ZipReader& zip, const BootJar& jar,
                         std::string_view folder = "lib");

// "lib/a.jar" for "BOOT-INF/lib/a.jar"; empty for what is no library.
std::string library_path(const BootJar& jar, std::string_view path,
                         std::string_view folder = "lib");

}  // namespace springboot
