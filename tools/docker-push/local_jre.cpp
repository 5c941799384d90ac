// SPDX-License-Identifier: Apache-2.0
#include "docker-push/local_jre.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "docker-push/java_modules.hpp"
#include "docker-push/jre_layers.hpp"
#include "docker-push/kept_layers.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::string_view format = "1";
constexpr std::chrono::minutes jlink_limit{10};
constexpr std::chrono::minutes lock_limit{10};
constexpr std::string_view build_prefix = "build";

// Java's debug attributes only: native symbols would need objcopy, which a JDK image often lacks.
// generate-jli-classes writes classes in the order of a set that is salted anew in each JVM, so two
// runs would differ; without it an application starts as fast (measured).
std::vector<std::string> jlink_arguments(int feature) {
  return {feature >= 13 ? "--strip-java-debug-attributes" : "--strip-debug",
          "--no-header-files",
          "--no-man-pages",
          feature >= 21 ? "--compress=zip-6" : "--compress=2",
          "--disable-plugin",
          "generate-jli-classes"};
}

std::string key_of(const Jdk& jdk, const std::set<std::string>& modules) {
  crypto::Sha256 hash;
  hash.update(fmt::format("{}\n{}\n{}\n{}\n{}\n", format, jre_layers_format, jdk.release,
                          text::join({modules.begin(), modules.end()}, ","),
                          text::join(jlink_arguments(jdk.feature), " ")));
  return hash.finish_hex().substr(0, 32);
}

void run_jlink(const Jdk& jdk, const std::set<std::string>& modules,
               const std::filesystem::path& output, std::stop_token stop) {
  process::Command jlink{.argv = {jdk.program("jlink"), "--add-modules",
                                  text::join({modules.begin(), modules.end()}, ",")}};
  for (std::string& argument : jlink_arguments(jdk.feature))
    jlink.argv.push_back(std::move(argument));
  jlink.argv.insert(jlink.argv.end(), {"--output", output});
  const auto result = process::capture(jlink, stop, jlink_limit);
  if (stop.stop_requested())
    throw base::Error(base::Kind::unavailable, "make a Java runtime: interrupted");
  if (result.exit.ok()) return;
  throw base::Error(
      base::Kind::environment,
      fmt::format("make a Java runtime from {}: jlink ended with {}: {}", jdk.home.string(),
                  process::describe(result.exit), text::trim(result.out + result.err)),
      "check free disk space and the JDK's jmods (Debian: openjdk-17-jdk-headless)");
}

// Another run may be making the same layers; then we wait for it, and stop when told to.
file::Lock wait_for_lock(const std::filesystem::path& path, timing::Clock& clock,
                         const std::stop_token& stop) {
  const auto deadline = clock.steady_now() + lock_limit;
  while (true) {
    try {
      return file::Lock(path, 1);
    } catch (const base::Error& error) {
      if (error.kind() != base::Kind::conflict || clock.steady_now() > deadline) throw;
      if (stop.stop_requested())
        throw base::Error(base::Kind::unavailable, "make a Java runtime: interrupted");
    }
  }
}

// What a killed run left; only the holder of the lock may build.
void remove_stale_builds(const std::filesystem::path& cache) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(cache, error)) {
    if (entry.path().filename().string().starts_with(build_prefix)) {
      std::filesystem::remove_all(entry.path(), error);
    }
  }
}

void build(const Jdk& jdk, const std::set<std::string>& modules, const std::filesystem::path& cache,
           const std::filesystem::path& target, std::stop_token stop) {
  remove_stale_builds(cache);
  const file::TempDir scratch(build_prefix, cache);
  const auto jre = scratch.path() / "jre";
  const auto layers = scratch.path() / "layers";
  file::make_directories(layers);
  run_jlink(jdk, modules, jre, stop);
  keep_layers(layers, make_jre_layers(jre, layers, stop));
  std::error_code error;
  std::filesystem::remove_all(target, error);
  std::filesystem::rename(layers, target, error);
  if (error) throw base::from_errno(fmt::format("keep {}", target.string()), error.value());
}

}  // namespace

oci::BaseImage local_jre(const archives::ZipReader& zip, const springboot::BootJar& jar,
                         const LocalJre& local, timing::Clock& clock, std::stop_token stop) {
  const auto modules = java_modules(zip, jar, local.jdk, local.cache, stop);
  const auto target = local.cache / ("jre-" + key_of(local.jdk, modules));
  auto kept = find_kept_layers(target);
  if (!kept) {
    const file::Lock held = wait_for_lock(local.cache / ".lock", clock, stop);
    kept = find_kept_layers(target);
    if (!kept) {
      const auto start = clock.steady_now();
      logging::info("making a Java {} runtime of {} modules with jlink", local.jdk.feature,
                    modules.size());
      build(local.jdk, modules, local.cache, target, stop);
      kept = find_kept_layers(target);
      logging::info("made a Java runtime in {}",
                    text::human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(
                        clock.steady_now() - start)));
    }
  }
  if (!kept) {
    throw base::Error(base::Kind::environment,
                      fmt::format("read back the Java runtime kept in {}", target.string()),
                      "a system library may be changing; run again");
  }
  oci::BaseImage base{
      .name = "local-jre", .config = jre_config(*kept), .layers = std::move(kept->layers)};
  base.digest = oci::assemble({.layers = base.layers, .config = base.config, .annotations = {}}).digest;
  return base;
}

}  // namespace docker_push
