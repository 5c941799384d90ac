// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_file.hpp"

#include <fmt/core.h>

#include <span>

#include "archives/sink.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "file/read_at.hpp"
#include "file/temp_dir.hpp"

namespace docker_push {
namespace {

struct Part {
  explicit Part(const std::filesystem::path& scratch) : folder("jar", scratch) {}
  file::TempDir folder;
  file::NewFile contents{folder.path() / "app.jar"};
};

}  // namespace

JarFile jar_file(const dockerfile::Origin& origin, const std::filesystem::path& scratch) {
  if (origin.file.empty()) {
    auto part = std::make_shared<Part>(scratch);
    part->contents.write(archives::bytes_of(origin.text));
    return {.path = part->folder.path() / "app.jar", .keep = part};
  }
  const file::UniqueFd fd = file::open_for_reading(origin.file);
  if (origin.offset == 0 && file::snapshot(fd).size == origin.size) {
    return {.path = origin.file, .keep = origin.keep};
  }
  auto part = std::make_shared<Part>(scratch);
  // When it is cut short, the zip reader tells what is missing.
  file::read_pieces(fd, {.offset = origin.offset, .size = origin.size},
                    fmt::format("read {}", origin.file.string()),
                    [&part](std::span<const std::byte> bytes) { part->contents.write(bytes); });
  return {.path = part->folder.path() / "app.jar", .keep = part};
}

}  // namespace docker_push
