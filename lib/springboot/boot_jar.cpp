// SPDX-License-Identifier: Apache-2.0
#include "springboot/boot_jar.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "springboot/manifest.hpp"
#include "text/split.hpp"

namespace springboot {
namespace {

constexpr std::string_view manifest_name = "META-INF/MANIFEST.MF";
constexpr std::uint64_t manifest_cap = 1U << 20U;
// org.springframework.boot.loader.JarLauncher up to 3.1, …loader.launch.JarLauncher since 3.2; also
// WarLauncher and PropertiesLauncher.
constexpr std::string_view launcher_package = "org.springframework.boot.loader.";

Inspection no(const archives::ZipReader& zip, std::string_view why) {
  return {.boot_jar = std::nullopt, .why_not = fmt::format("{} {}", zip.name(), why)};
}

bool has_entries_below(const archives::ZipReader& zip, std::string_view folder) {
  return std::ranges::any_of(zip.entries(), [folder](const archives::ZipEntry& entry) {
    return entry.name.starts_with(folder);
  });
}

std::string or_else(std::string value, std::string_view otherwise) {
  return value.empty() ? std::string(otherwise) : value;
}

}  // namespace

Inspection inspect(const std::filesystem::path& path) { return inspect(archives::ZipReader(path)); }

Inspection inspect(const archives::ZipReader& zip) {
  const archives::ZipEntry* entry = zip.find(manifest_name);
  if (entry == nullptr) return no(zip, "has no META-INF/MANIFEST.MF: no jar");
  const Manifest manifest(zip.read(*entry, manifest_cap));

  BootJar jar{.launcher = manifest.value("Main-Class"),
              .start_class = manifest.value("Start-Class"),
              .boot_version = manifest.value("Spring-Boot-Version"),
              .java_version = manifest.value("Build-Jdk-Spec"),
              .version = manifest.value("Implementation-Version"),
              .content_root = {},
              .classes = manifest.value("Spring-Boot-Classes"),
              .libraries = manifest.value("Spring-Boot-Lib"),
              .layers_index = manifest.value("Spring-Boot-Layers-Index")};
  if (jar.boot_version.empty()) {
    return no(zip, jar.launcher.empty()
                       ? "has no Main-Class: a plain jar; is Spring Boot's repackage or bootJar on?"
                       : "has no Spring-Boot-Version: not made by Spring Boot's plugin");
  }
  if (jar.start_class.empty()) {
    return no(zip, "has no Start-Class: Spring Boot's repackage goal did not run");
  }
  if (!jar.launcher.starts_with(launcher_package)) {
    return no(zip, jar.launcher.empty() ? "has no Main-Class: it cannot be started"
                                        : fmt::format("has Main-Class {}, no launcher of Spring "
                                                      "Boot: it was unpacked or shaded",
                                                      jar.launcher));
  }
  if (zip.find(text::replace_all(jar.launcher, ".", "/") + ".class") == nullptr) {
    return no(zip, fmt::format("does not hold its launcher {}", jar.launcher));
  }
  const bool war = !has_entries_below(zip, "BOOT-INF/");
  jar.content_root = war ? "WEB-INF/" : "BOOT-INF/";
  if (war && !has_entries_below(zip, jar.content_root)) {
    return no(zip, "has neither BOOT-INF/ nor WEB-INF/");
  }
  jar.classes = or_else(jar.classes, jar.content_root + "classes/");
  jar.libraries = or_else(jar.libraries, jar.content_root + "lib/");
  return {.boot_jar = std::move(jar), .why_not = {}};
}

BootJar boot_jar(const archives::ZipReader& zip) {
  Inspection inspection = inspect(zip);
  if (!inspection.boot_jar) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("no executable Spring Boot jar: {}", inspection.why_not),
                      "give the jar that Spring Boot's Maven or Gradle plugin made executable");
  }
  return std::move(*inspection.boot_jar);
}

}  // namespace springboot
