// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_history.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "text/split.hpp"

namespace docker_push {
namespace {

// Alike in Debian, Ubuntu, Alpine and the Red Hat family; /usr/bin, /root, /tmp and others are not.
constexpr std::array<std::string_view, 14> ordinary_folders{
    "etc",       "home",          "media",         "mnt",       "opt", "srv",       "usr",
    "usr/local", "usr/local/bin", "usr/local/lib", "usr/share", "var", "var/cache", "var/lib"};

constexpr std::array<std::string_view, 20> top_folders{
    "bin", "boot", "dev",  "etc",  "home", "lib",  "lib32", "lib64", "libx32", "media",
    "mnt", "opt",  "proc", "root", "run",  "sbin", "srv",   "sys",   "tmp",    "usr"};

bool is_top_folder(std::string_view name) {
  return name == "var" || std::ranges::find(top_folders, name) != top_folders.end();
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// "/app" is in "mkdir /app/x" and "$ROOT/app", not in "/opt/app" or "/apps".
bool names(std::string_view line, std::string_view path) {
  for (auto at = line.find(path); at != std::string_view::npos; at = line.find(path, at + 1)) {
    const std::size_t end = at + path.size();
    if (at > 0 && is_name(line[at - 1])) continue;
    if (end == line.size() || !is_name(line[end])) return true;
  }
  return false;
}

// "COPY rootfs / # buildkit" may have brought anything, and so may a line that no Dockerfile left.
bool tells_its_paths(std::string_view line) {
  line = text::trim(line);
  const auto parts = text::cut(line, "# buildkit");
  if (parts) line = text::trim(parts->first);
  const auto has = [line](std::string_view word) {
    return line.find(word) != std::string_view::npos;
  };
  const bool copies = line.starts_with("COPY ") || line.starts_with("ADD ") ||
                      has("#(nop) COPY ") || has("#(nop) ADD ");
  if (copies) return !line.ends_with(" /") && !line.ends_with(" \"/\"]");
  return line.starts_with("RUN ") || line.starts_with("WORKDIR ") || has("/bin/sh -c ") ||
         has("/bin/bash ");
}

bool is_believed(const oci::BaseImage& base) {
  std::size_t layers = 0;
  for (const oci::History& step : base.config.history) {
    if (step.empty_layer) continue;
    if (layers++ == 0 ? step.created_by.empty() : !tells_its_paths(step.created_by)) return false;
  }
  return layers > 0 && layers == base.layers.size();
}

bool is_named(const oci::ImageConfig& config, std::string_view path) {
  const std::string name = fmt::format("/{}", path);
  if (names(config.working_dir, name)) return true;
  if (std::ranges::any_of(config.volumes, [&](const auto& each) { return names(each, name); })) {
    return true;
  }
  return std::ranges::any_of(config.history,
                             [&](const auto& step) { return names(step.created_by, name); });
}

bool is_given_a_mode(const oci::ImageConfig& config, std::string_view path) {
  const std::string name = fmt::format("/{}", path);
  return std::ranges::any_of(config.history, [&](const oci::History& step) {
    const std::string& line = step.created_by;
    const bool changes = line.find("chmod") != std::string::npos ||
                         line.find("chown") != std::string::npos ||
                         line.find("install -") != std::string::npos;
    return changes && names(line, name);
  });
}

}  // namespace

Guess guess_folder(const oci::BaseImage& base, std::string_view path) {
  if (path.empty()) return Guess::ordinary;
  if (!is_believed(base)) return Guess::unknown;
  if (std::ranges::find(ordinary_folders, path) != ordinary_folders.end()) {
    return is_given_a_mode(base.config, path) ? Guess::unknown : Guess::ordinary;
  }
  const std::string_view top = path.substr(0, path.find('/'));
  if (is_top_folder(top) || is_named(base.config, top)) return Guess::unknown;
  return Guess::absent;
}

}  // namespace docker_push
