// SPDX-License-Identifier: Apache-2.0
//
// jdeps stumbles over real applications in two ways: a jar with a module-info that is named on its
// command line makes it resolve the whole module graph, which is incomplete, and it refuses
// multi-release jars unless told a release. So it gets one plain jar made of all class files, each
// in the version that this JDK would load, module descriptors left out.
#include "docker-push/java_modules.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "file/temp_dir.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::string_view format = "1";
constexpr std::chrono::minutes jdeps_limit{5};
constexpr std::uint64_t largest_class = 16U << 20U;
constexpr std::string_view versions_folder = "META-INF/versions/";

// jdk.crypto.ec: TLS; jdk.unsupported: sun.misc.Unsafe; java.management, jdk.management: actuator
// and Tomcat; java.naming, java.sql, java.desktop (beans), java.instrument, java.security.jgss,
// java.net.http, java.logging: Spring's own optional parts.
constexpr std::array<const char*, 12> always{
    "java.base",       "java.logging",    "java.naming",   "java.desktop",
    "java.management", "jdk.management",  "java.sql",      "java.instrument",
    "java.net.http",   "jdk.unsupported", "jdk.crypto.ec", "java.security.jgss"};

struct ClassFile {
  const archives::ZipReader* zip;
  const archives::ZipEntry* entry;
  int release;  // 0 outside META-INF/versions
};
using ClassFiles = std::map<std::string, ClassFile>;

// Adds the class files below `prefix`; of equal names the first jar's wins, as on the class path.
void collect(const archives::ZipReader& zip, std::string_view prefix, int feature,
             ClassFiles& all) {
  ClassFiles own;
  for (const archives::ZipEntry& entry : zip.entries()) {
    std::string_view name = entry.name;
    if (!name.starts_with(prefix) || !name.ends_with(".class")) continue;
    name.remove_prefix(prefix.size());
    int release = 0;
    if (name.starts_with(versions_folder)) {
      const auto parts = text::cut(name.substr(versions_folder.size()), "/");
      if (!parts) continue;
      release = static_cast<int>(text::find_number(parts->first).value_or(0));
      name = parts->second;
      if (release == 0 || release > feature) continue;
    }
    if (name.ends_with("module-info.class") || name.starts_with("META-INF/")) continue;
    const ClassFile file{&zip, &entry, release};
    const auto [found, added] = own.emplace(name, file);
    if (!added && release > found->second.release) found->second = file;
  }
  all.merge(own);
}

void write_jar(const ClassFiles& files, const std::filesystem::path& path) {
  file::NewFile target(path.string() + ".part");
  archives::ZipWriter writer([&target](std::span<const std::byte> bytes) { target.write(bytes); },
                             archives::ZipPacking::store);
  for (const auto& [name, file] : files) {
    writer.add({.path = name, .content = file.zip->read(*file.entry, largest_class)});
  }
  writer.finish();
  target.rename_to(path);
}

std::set<std::string> module_names(std::string_view list) {
  std::set<std::string> names;
  for (const std::string_view name : text::split(text::trim(list), ',')) {
    if (!name.empty()) names.emplace(name);
  }
  return names;
}

std::set<std::string> run_jdeps(const Jdk& jdk, const ClassFiles& files, std::stop_token stop) {
  if (files.empty()) return {};
  const file::TempDir folder("docker-push-jdeps");
  const auto classes = folder.path() / "classes.jar";
  write_jar(files, classes);
  const auto result = process::capture({.argv = {jdk.program("jdeps"), "--ignore-missing-deps",
                                                 "--print-module-deps", "--no-recursive", classes}},
                                       stop, jdeps_limit);
  if (!result.exit.ok()) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the modules the jar needs: jdeps ended with {}: {}",
                                  process::describe(result.exit),
                                  text::trim(result.err.empty() ? result.out : result.err)),
                      "give --base REF instead of local-jre");
  }
  return module_names(result.out);
}

std::string key_of(const archives::ZipReader& zip, std::string_view prefix, const Jdk& jdk) {
  crypto::Sha256 hash;
  hash.update(fmt::format("{}\n{}\n", format, jdk.release));
  std::map<std::string_view, const archives::ZipEntry*> sorted;
  for (const archives::ZipEntry& entry : zip.entries()) {
    if (entry.name.starts_with(prefix)) sorted.emplace(entry.name, &entry);
  }
  for (const auto& [name, entry] : sorted) {
    hash.update(fmt::format("{} {:08x} {}\n", name, entry->crc, entry->size));
  }
  return hash.finish_hex();
}

// The libraries' classes. Spring Boot stores nested jars uncompressed; one that is not can only be
// left out here.
class Libraries {
 public:
  Libraries(const archives::ZipReader& zip, const springboot::BootJar& jar, int feature) {
    for (const archives::ZipEntry& entry : zip.entries()) {
      if (!entry.name.starts_with(jar.libraries) || !entry.name.ends_with(".jar")) continue;
      if (entry.method != archives::ZipMethod::stored) {
        logging::warning("{} is compressed in the jar; its modules are not looked for", entry.name);
        continue;
      }
      jars_.emplace_back(zip, zip.range(entry), fmt::format("{}!/{}", zip.name(), entry.name));
      collect(jars_.back(), "", feature, files_);
    }
  }
  const ClassFiles& files() const { return files_; }

 private:
  std::deque<archives::ZipReader> jars_;  // the readers stay where they are
  ClassFiles files_;
};

}  // namespace

std::set<std::string> java_modules(const archives::ZipReader& zip, const springboot::BootJar& jar,
                                   const Jdk& jdk, const std::filesystem::path& cache,
                                   std::stop_token stop) {
  std::set<std::string> modules(always.begin(), always.end());
  for (const std::string& part : {jar.libraries, jar.classes}) {
    const auto known = cache / ("modules-" + key_of(zip, part, jdk));
    std::set<std::string> found;
    if (const auto list = file::find(known)) {
      found = module_names(*list);
    } else if (part == jar.libraries) {
      found = run_jdeps(jdk, Libraries(zip, jar, jdk.feature).files(), stop);
    } else {
      ClassFiles files;
      collect(zip, jar.classes, jdk.feature, files);
      found = run_jdeps(jdk, files, stop);
    }
    file::write_atomically(known, text::join({found.begin(), found.end()}, ",") + '\n');
    modules.merge(found);
  }
  // jdk.crypto.ec and others come and go with releases.
  const std::string available = release_value(jdk.release, "MODULES");
  if (!available.empty()) {
    const std::vector<std::string_view> names = text::split(available, ' ');
    std::erase_if(modules, [&names](const std::string& module) {
      return std::find(names.begin(), names.end(), module) == names.end();
    });
  }
  return modules;
}

}  // namespace docker_push
