// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "dockerfile/tree.hpp"

namespace docker_push {

// A jar of a stage as a file of its own.
struct JarFile {
  std::filesystem::path path{};
  std::shared_ptr<const void> keep{};  // the file is there as long as this
};

// Where the jar is a part of another file, as a member of an archive that ADD unpacked, or a text
// of the Dockerfile, it is copied to `scratch`.
JarFile jar_file(const dockerfile::Origin& origin, const std::filesystem::path& scratch);

}  // namespace docker_push
