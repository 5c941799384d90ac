// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_lock.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "file/file.hpp"
#include "oci/digest.hpp"
#include "oci/reference.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::string_view file_name = "images.lock";
constexpr std::uint64_t lock_cap = 1U << 20U;

bool is_locked_name(std::string_view name) {
  try {
    const oci::Reference reference = oci::parse_reference(name);
    return !reference.tag.empty() && reference.digest.empty() && reference.text() == name;
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace

LockedImages parse_lock(std::string_view text, std::string_view what) {
  LockedImages images;
  int number = 0;
  for (const std::string_view line : text::lines(text)) {
    ++number;
    if (text::trim(line).empty()) continue;
    const auto parts = text::cut(line, " ");
    if (!parts || !is_locked_name(parts->first) || !oci::is_digest(parts->second)) {
      throw base::Error(
          base::Kind::integrity,
          fmt::format("read {}: line {}: '{}' is no image:tag and digest", what, number, line),
          "write it anew with --update-base");
    }
    if (!images.emplace(parts->first, parts->second).second) {
      throw base::Error(
          base::Kind::integrity,
          fmt::format("read {}: line {}: {} is there twice", what, number, parts->first),
          "leave one of the lines");
    }
  }
  return images;
}

std::string write_lock(const LockedImages& images) {
  std::string text;
  for (const auto& [name, digest] : images) text += fmt::format("{} {}\n", name, digest);
  return text;
}

std::filesystem::path BaseLock::path_beside(const std::filesystem::path& settings) {
  return settings.parent_path() / file_name;
}

BaseLock::BaseLock(std::filesystem::path path) : path_(std::move(path)) {
  const auto text = file::find(path_, lock_cap);
  if (!text) return;
  exists_ = true;
  images_ = parse_lock(*text, path_.string());
}

std::optional<std::string> BaseLock::find(std::string_view image) const {
  const auto found = images_.find(image);
  if (found == images_.end()) return std::nullopt;
  return found->second;
}

void BaseLock::update(const LockedImages& images) const {
  LockedImages all = images_;
  for (const auto& [name, digest] : images) all.insert_or_assign(name, digest);
  if (exists_ && all == images_) return;
  file::write_atomically(path_, write_lock(all));
}

}  // namespace docker_push
