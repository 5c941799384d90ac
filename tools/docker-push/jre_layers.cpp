// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jre_layers.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "archives/tar_writer.hpp"
#include "base/error.hpp"
#include "docker-push/shared_libraries.hpp"
#include "file/file.hpp"
#include "file/tree.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::string_view java_folder = "opt/java";
constexpr std::string_view locale_folder = "/usr/lib/locale/C.utf8";
constexpr std::uint64_t largest_file = 1ULL << 30U;

// A container has no display and no sound card; these would bring X11 and ALSA with them.
constexpr std::array<std::string_view, 4> left_out{"lib/libawt_xawt.so", "lib/libjawt.so",
                                                   "lib/libsplashscreen.so", "lib/libjsound.so"};

constexpr std::string_view passwd =
    "root:x:0:0:root:/root:/sbin/nologin\n"
    "app:x:10001:10001:app:/tmp:/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/:/sbin/nologin\n";
constexpr std::string_view group = "root:x:0:\napp:x:10001:\nnogroup:x:65534:\n";
constexpr std::string_view nsswitch = "passwd: files\ngroup: files\nhosts: files dns\n";

struct File {
  std::string content;
  unsigned mode = 0644;
};

void require_running(const std::stop_token& stop) {
  if (stop.stop_requested())
    throw base::Error(base::Kind::unavailable, "make a Java runtime: interrupted");
}

void add_folders(archives::TarWriter& tar, const std::vector<std::string>& paths) {
  std::set<std::string> folders;
  for (std::string path : paths) {
    while (path.find('/') != std::string::npos) {
      path.resize(path.rfind('/'));
      folders.insert(path);
    }
  }
  for (const std::string& folder : folders) {
    tar.add({.path = folder, .kind = archives::TarKind::directory, .mode = 0755});
  }
}

// The libraries under the paths where the loader looks for them, links resolved, and the C.UTF-8
// locale, without which Java 17 takes file names and output for ASCII.
std::vector<NeededFile> needed_files(const std::filesystem::path& jre, std::stop_token stop) {
  const LibraryList libraries = shared_libraries(jre, stop);
  for (const std::string& name : libraries.missing) {
    logging::warning("{} is not on this machine; parts of the Java runtime may not work", name);
  }
  std::vector<NeededFile> needed;
  for (const std::string& path : libraries.paths) needed.push_back(look_at(path));
  if (std::filesystem::is_directory(locale_folder)) {
    for (const file::TreeEntry& entry : file::tree(locale_folder)) {
      if (entry.kind == file::EntryKind::regular) {
        needed.push_back(look_at(fmt::format("{}/{}", locale_folder, entry.path)));
      }
    }
  }
  std::ranges::sort(needed, {}, &NeededFile::path);
  return needed;
}

oci::Layer write_system_layer(const std::vector<NeededFile>& needed,
                              const std::filesystem::path& path) {
  std::map<std::string, File> files{{"etc/passwd", {.content = std::string(passwd)}},
                                    {"etc/group", {.content = std::string(group)}},
                                    {"etc/nsswitch.conf", {.content = std::string(nsswitch)}}};
  for (const NeededFile& file : needed) {
    const bool locale = file.path.starts_with(locale_folder);
    files[file.path.substr(1)] = {.content = file::read(file.path, largest_file),
                                  .mode = locale ? 0644U : 0755U};
  }
  oci::LayerWriter writer(path);
  std::vector<std::string> paths;
  for (const auto& [name, file] : files) paths.push_back(name);
  add_folders(writer.tar(), paths);
  writer.tar().add({.path = "tmp", .kind = archives::TarKind::directory, .mode = 01777});
  for (const auto& [name, file] : files) {
    writer.tar().add({.path = name, .mode = file.mode}, file.content);
  }
  return writer.keep("system");
}

// A link is kept when it stays inside the runtime, and becomes the file it names when not: Debian's
// JDK has some that lead to /etc.
void add_java_entry(archives::TarWriter& tar, const std::filesystem::path& jre,
                    const file::TreeEntry& entry) {
  const std::string path = fmt::format("{}/{}", java_folder, entry.path);
  if (entry.kind == file::EntryKind::directory) {
    tar.add({.path = path, .kind = archives::TarKind::directory, .mode = 0755});
    return;
  }
  if (entry.kind == file::EntryKind::symlink) {
    const auto target =
        (std::filesystem::path(entry.path).parent_path() / entry.link_target).lexically_normal();
    if (target.is_relative() && *target.begin() != "..") {
      tar.add({.path = path,
               .kind = archives::TarKind::symlink,
               .mode = 0777,
               .link_target = entry.link_target});
      return;
    }
    if (!std::filesystem::is_regular_file(jre / entry.path)) return;
  }
  tar.add({.path = path, .mode = entry.executable ? 0755U : 0644U},
          file::read(jre / entry.path, largest_file));
}

oci::Layer write_java_layer(const std::filesystem::path& jre, const std::filesystem::path& path,
                            const std::stop_token& stop) {
  oci::LayerWriter writer(path);
  add_folders(writer.tar(), {fmt::format("{}/release", java_folder)});
  for (const file::TreeEntry& entry : file::tree(jre)) {
    require_running(stop);
    if (std::ranges::find(left_out, entry.path) != left_out.end()) continue;
    add_java_entry(writer.tar(), jre, entry);
  }
  return writer.keep("java");
}

}  // namespace

KeptLayers make_jre_layers(const std::filesystem::path& jre, const std::filesystem::path& folder,
                           std::stop_token stop) {
  for (const std::string_view name : left_out) std::filesystem::remove(jre / name);
  KeptLayers layers{.layers = {}, .needed = needed_files(jre, stop)};
  require_running(stop);
  layers.layers.push_back(write_system_layer(layers.needed, folder / kept_layer_name("system")));
  layers.layers.push_back(write_java_layer(jre, folder / kept_layer_name("java"), stop));
  return layers;
}

oci::ImageConfig jre_config(const KeptLayers& layers) {
  oci::ImageConfig config{.platform = oci::own_platform(), .user = "10001"};
  config.set_env("PATH",
                 fmt::format("/{}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                             java_folder));
  config.set_env("JAVA_HOME", fmt::format("/{}", java_folder));
  const bool has_locale = std::ranges::any_of(
      layers.needed, [](const NeededFile& file) { return file.path.starts_with(locale_folder); });
  if (has_locale) config.set_env("LANG", "C.UTF-8");
  for (const oci::Layer& layer : layers.layers) {
    config.history.push_back({.created_by = "docker-push --base local-jre", .comment = layer.name});
  }
  return config;
}

}  // namespace docker_push
