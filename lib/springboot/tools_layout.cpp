// SPDX-License-Identifier: Apache-2.0
#include "springboot/tools_layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "springboot/manifest.hpp"
#include "text/split.hpp"

namespace springboot {
namespace {

constexpr std::string_view manifest_name = "META-INF/MANIFEST.MF";
constexpr std::string_view meta = "META-INF/";
// The launcher's file system for nested jars, which the plain jar does not have.
constexpr std::string_view launcher_service =
    "META-INF/services/java.nio.file.spi.FileSystemProvider";
constexpr std::uint64_t text_cap = 4U << 20U;

constexpr std::array<std::string_view, 8> dropped_attributes{"Main-Class",
                                                             "Start-Class",
                                                             "Spring-Boot-Version",
                                                             "Spring-Boot-Classes",
                                                             "Spring-Boot-Lib",
                                                             "Spring-Boot-Classpath-Index",
                                                             "Spring-Boot-Layers-Index",
                                                             "Class-Path"};

bool is_dropped(std::string_view name) {
  return std::ranges::any_of(dropped_attributes, [name](std::string_view dropped) {
    return text::equal_ignoring_case(name, dropped);
  });
}

// The libraries in the order in which classes are looked for: the index's, else the jar's.
std::vector<std::string> class_path(const archives::ZipReader& zip, const BootJar& jar,
                                    const Manifest& manifest, std::string_view folder) {
  std::vector<std::string> libraries;
  const auto index = manifest.value("Spring-Boot-Classpath-Index");
  const archives::ZipEntry* entry = index.empty() ? nullptr : zip.find(index);
  if (entry == nullptr) {
    for (const archives::ZipEntry& each : zip.entries()) {
      auto path = library_path(jar, each.name, folder);
      if (!path.empty()) libraries.push_back(std::move(path));
    }
    return libraries;
  }
  const std::string text = zip.read(*entry, text_cap);
  for (const std::string_view line : text::lines(text)) {
    const auto first = line.find('"');
    const auto last = line.rfind('"');
    if (first == std::string_view::npos || last == first) continue;
    auto path = library_path(jar, line.substr(first + 1, last - first - 1), folder);
    if (!path.empty()) libraries.push_back(std::move(path));
  }
  return libraries;
}

// The name in the application's jar; empty for what does not go there.
std::string application_path(const BootJar& jar, std::string_view path) {
  if (path == manifest_name || path == launcher_service) return {};
  if (path.starts_with(jar.classes)) return std::string(path.substr(jar.classes.size()));
  if (path.starts_with(meta)) return std::string(path);
  return {};
}

}  // namespace

std::string library_path(const BootJar& jar, std::string_view path, std::string_view folder) {
  if (!path.starts_with(jar.libraries) || path.ends_with('/')) return {};
  return fmt::format("{}/{}", folder, path.substr(path.rfind('/') + 1));
}

ToolsLayout tools_layout(const archives::ZipReader& zip, const BootJar& jar,
                         std::string_view folder) {
  if (jar.content_root != "BOOT-INF/") {
    throw base::Error(base::Kind::refused,
                      fmt::format("lay out {} as jar and libraries: it is a war", zip.name()),
                      "leave --layout out");
  }
  const archives::ZipEntry* entry = zip.find(manifest_name);
  const Manifest manifest(entry == nullptr ? std::string() : zip.read(*entry, text_cap));
  Manifest::Attributes attributes;
  std::ranges::copy_if(manifest.attributes(), std::back_inserter(attributes),
                       [](const auto& attribute) { return !is_dropped(attribute.first); });
  attributes.emplace_back("Main-Class", jar.start_class);
  attributes.emplace_back("Class-Path", text::join(class_path(zip, jar, manifest, folder), " "));

  ToolsLayout layout{.manifest = write_manifest(attributes)};
  for (const archives::ZipEntry& each : zip.entries()) {
    if (each.is_directory()) continue;
    auto path = application_path(jar, each.name);
    if (!path.empty()) layout.application.push_back({.entry = &each, .path = std::move(path)});
  }
  std::ranges::sort(layout.application, {}, &MovedEntry::path);
  return layout;
}

}  // namespace springboot
