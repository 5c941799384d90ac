// SPDX-License-Identifier: Apache-2.0
//
// images.lock: which digest each tag of a base image stands for, so that every build of a commit
// has the same base. It is committed beside stagecraft.yaml; a line is
//   docker.io/library/eclipse-temurin:17-jre sha256:…
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace docker_push {

// Fully qualified name with its tag → digest.
using LockedImages = std::map<std::string, std::string, std::less<>>;

// Throws integrity with the line's number; `what` names the file.
LockedImages parse_lock(std::string_view text, std::string_view what);

// Sorted by name, a line each.
std::string write_lock(const LockedImages& images);

class BaseLock {
 public:
  // The lock beside a settings file.
  static std::filesystem::path path_beside(const std::filesystem::path& settings);

  // Nothing is locked where there is no file.
  explicit BaseLock(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  bool exists() const { return exists_; }
  std::optional<std::string> find(std::string_view image) const;

  // Writes the file with these digests in place of the ones it had; others stay.
  void update(const LockedImages& images) const;

 private:
  std::filesystem::path path_;
  bool exists_ = false;
  LockedImages images_;
};

}  // namespace docker_push
