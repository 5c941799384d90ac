// SPDX-License-Identifier: Apache-2.0
//
// The build context of a random Dockerfile, and the image that it is built on.
#include <fmt/core.h>

#include <array>

#include "archives/tar_writer.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "process/child.hpp"
#include "support/random_dockerfile.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;
using archives::TarEntry;
using archives::TarKind;
using Texts = std::vector<std::string>;

const Texts names{"a",       "b.txt", "app.jar", "lib-1.0.jar", "dir",  "sub",   "UPPER",
                  ".hidden", "x[1]",  "~tilde",  "ümlaut",      "conf", "a.b.c", "c,d=e"};
const Texts link_targets{"a", "dir", "../a", "b.txt", "nowhere", "/etc/passwd", ".", "sub/a"};

void compress(const fs::path& tar, const std::string& program) {
  const auto result = process::capture({.argv = {program, tar.string()}});
  if (!result.exit.ok()) throw base::Error(base::Kind::environment, program + ": " + result.err);
}

class TarFile {
 public:
  explicit TarFile(fs::path path) : path_(std::move(path)) {}
  TarFile& add(const TarEntry& entry, std::string_view content = {}) {
    writer_.add(entry, content);
    return *this;
  }
  void close() {
    writer_.finish();
    file::write_atomically_unsynced(path_, bytes_);
  }

 private:
  fs::path path_;
  std::string bytes_;
  archives::TarWriter writer_{[this](std::span<const std::byte> bytes) {
    for (const std::byte each : bytes) bytes_ += static_cast<char>(each);
  }};
};

TarEntry folder(std::string path, unsigned mode, unsigned uid, unsigned gid) {
  return {
      .path = std::move(path), .kind = TarKind::directory, .mode = mode, .uid = uid, .gid = gid};
}

TarEntry regular(std::string path, unsigned mode, unsigned uid, unsigned gid) {
  return {.path = std::move(path), .mode = mode, .uid = uid, .gid = gid};
}

TarEntry link(std::string path, std::string target) {
  return {.path = std::move(path),
          .kind = TarKind::symlink,
          .mode = 0777,
          .link_target = std::move(target)};
}

}  // namespace

void write_base_tar(const fs::path& path) {
  TarFile(path)
      .add(folder("etc", 0755, 0, 0))
      .add(regular("etc/passwd", 0644, 0, 0),
           "root:x:0:0:root:/root:/bin/sh\napp:x:1001:1002:app:/srv:/bin/sh\nweb:x:33:34::/:\n")
      .add(regular("etc/group", 0644, 0, 0), "root:x:0:\napp:x:1002:\nweb:x:33:\nstaff:x:51:app\n")
      .add(folder("opt", 0750, 0, 51))
      .add(folder("opt/app", 0775, 1001, 51))
      .add(regular("opt/app/old", 0600, 1001, 51), "old")
      .add(folder("srv", 0711, 0, 0))
      .add(folder("srv/data", 0700, 1001, 1002))
      .add(regular("srv/data/kept", 0640, 1001, 1002), "kept")
      .add(regular("data", 0644, 0, 0), "a file")
      .add(link("link", "srv/data"))
      .add(folder("tmp", 01777, 0, 0))
      .add(folder("usr", 0755, 0, 0))
      .add(folder("usr/bin", 0755, 0, 0))
      .add(regular("usr/bin/sh", 0755, 0, 0), "no shell")
      .add(link("bin", "usr/bin"))
      .add(folder("var", 0755, 0, 0))
      .add(folder("var/lib", 0755, 0, 0))
      .add(regular("var/lib/state", 0644, 33, 33), "state")
      .close();
}

std::vector<std::string> base_changes() {
  return {"ENV PATH=/usr/bin BASE_ENV=from-base", "WORKDIR /srv", "CMD [\"base-command\"]",
          "LABEL base=yes shared=base",           "EXPOSE 80",    "VOLUME /var/lib/volume"};
}

std::string RandomDockerfile::new_name() { return pick(names); }

void RandomDockerfile::write_folder(const fs::path& folder, const std::string& prefix, int depth) {
  const std::size_t count = 1 + below(depth == 0 ? 7 : 4);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = new_name();
    const fs::path path = folder / name;
    if (fs::symlink_status(path).type() != fs::file_type::not_found) continue;
    paths_.push_back(prefix + name);
    const std::size_t kind = below(10);
    if (kind < 3 && depth < 3) {
      fs::create_directory(path);
      fs::permissions(path, fs::perms(chance(80) ? 0755 : 0700));
      if (chance(80)) write_folder(path, prefix + name + "/", depth + 1);
    } else if (kind == 3) {
      fs::create_symlink(pick(link_targets), path);
    } else {
      file::write_atomically_unsynced(path,
                                      chance(10) ? "" : fmt::format("{} {}", name, below(1000)));
      fs::permissions(path, fs::perms(pick(std::array{0644, 0644, 0755, 0600, 0700, 0664})));
    }
  }
}

void RandomDockerfile::write_archive(const fs::path& folder_path) {
  const std::string name = fmt::format("t{}.tar", archives_.size());
  TarFile tar(folder_path / name);
  const Texts inner{"in", "in/deep", "a", "dir", "dir/f", "in/deep/x", "srv/data/new", "bin"};
  // A file where an image may have a folder.
  const std::string flat = chance(20) ? pick(Texts{"in", "dir", "srv", "bin"}) : "last";
  for (const std::string& path : inner) {
    if (chance(45) || path == flat || path.starts_with(flat + '/')) continue;
    const bool is_folder = path == "in" || path == "in/deep" || path == "dir" || path == "bin";
    const auto uid = static_cast<unsigned>(pick(std::array{0, 0, 7, 1001}));
    const auto gid = static_cast<unsigned>(pick(std::array{0, 9, 51}));
    const auto mode = static_cast<unsigned>(pick(std::array{0755, 0644, 0700, 04755, 01777}));
    if (is_folder) {
      tar.add(folder(path, mode | 0700U, uid, gid));
    } else if (chance(20)) {
      tar.add(link(path, pick(link_targets)));
    } else {
      tar.add(regular(path, mode, uid, gid), fmt::format("{}{}", path, below(9)));
    }
  }
  tar.add(regular(flat, 0644, 3, 4), flat);
  tar.close();
  std::string suffix;
  switch (below(5)) {
    case 0:
      compress(folder_path / name, "gzip");
      suffix = ".gz";
      break;
    case 1:
      compress(folder_path / name, "bzip2");
      suffix = ".bz2";
      break;
    case 2:
      compress(folder_path / name, "xz");
      suffix = ".xz";
      break;
    default:
      break;
  }
  archives_.push_back(name + suffix);
  paths_.push_back(name + suffix);
}

void RandomDockerfile::write_ignore_file(const fs::path& folder_path) {
  const Texts patterns{"*.txt",     "!b.txt",    "dir",    "!dir/a", "**/a",      "**/*.jar",
                       "!app.jar",  "sub/",      "/conf",  "*/a",    "# comment", "",
                       "*",         "!dir/**",   "!sub",   "dir/*",  "./UPPER",   "a*",
                       "!**/a.b.c", "**/dir/**", "x\\[1]", "?",      "!a",        "[a-b]*"};
  std::string text;
  for (std::size_t i = 1 + below(5); i > 0; --i) text += pick(patterns) + "\n";
  file::write_atomically_unsynced(folder_path / ".dockerignore", text);
}

void RandomDockerfile::write_context(const fs::path& folder_path) {
  write_folder(folder_path, "", 0);
  for (std::size_t i = below(3); i > 0; --i) write_archive(folder_path);
  if (chance(20)) {
    file::write_atomically_unsynced(folder_path / "not.tar", "this is no archive");
    archives_.push_back("not.tar");
  }
  if (traits_.ignores_files && chance(50)) write_ignore_file(folder_path);
}

}  // namespace support
