// SPDX-License-Identifier: Apache-2.0
#include "docker-push/input.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>

#include "archives/tar_reader.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"

namespace docker_push {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view engine_prefix = "engine:";

constexpr std::array<std::string_view, 2> dockerfile_names{"Dockerfile", "Containerfile"};

// "Dockerfile", "Dockerfile.native", "shop.Dockerfile".
bool is_dockerfile_name(const std::string& name) {
  return name.ends_with(".Dockerfile") || name.ends_with(".dockerfile") ||
         std::ranges::any_of(dockerfile_names, [&name](std::string_view usual) {
           return name.starts_with(usual) && !name.ends_with(".dockerignore");
         });
}

// What cannot be looked at is not there: a loop of links, a name that is too long.
bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

fs::path dockerfile_in(const fs::path& folder) {
  for (const std::string_view name : dockerfile_names) {
    if (is_file(folder / name)) return folder / name;
  }
  return {};
}

std::optional<InputKind> kind_of_folder(const fs::path& folder) {
  if (is_file(folder / "oci-layout")) return InputKind::layout;
  if (is_file(folder / "META-INF" / "MANIFEST.MF")) return InputKind::exploded;
  if (!dockerfile_in(folder).empty()) return InputKind::dockerfile;
  return std::nullopt;
}

struct Compressor {
  std::string_view magic;
  std::string_view name;
};

// As docker save and skopeo do not write them, but people compress what they wrote.
constexpr std::array<Compressor, 3> compressors{
    {{"\x28\xb5\x2f\xfd", "zstd"}, {"\xfd\x37zXZ", "xz"}, {"BZh", "bzip2"}}};

void refuse_compressed(const fs::path& path) {
  std::array<char, 8> head{};
  const file::UniqueFd fd = file::open_for_reading(path);
  const auto count = file::read_at(fd, 0, head, fmt::format("read {}", path.string()));
  const std::string_view begin(head.data(), count);
  for (const Compressor& compressor : compressors) {
    if (!begin.starts_with(compressor.magic)) continue;
    throw base::Error(base::Kind::refused,
                      fmt::format("read {}: it is compressed by {}; only gzip is read",
                                  path.string(), compressor.name),
                      fmt::format("unpack it with {} -d first", compressor.name));
  }
}

// What is no tar is meant as a jar; the zip reader says best what is wrong with it.
InputKind kind_of_file(const fs::path& path) {
  if (is_dockerfile_name(path.filename())) return InputKind::dockerfile;
  refuse_compressed(path);
  const auto type = archives::archive_type(path);
  const bool tar = type == archives::ArchiveType::tar || type == archives::ArchiveType::tgz;
  return tar ? InputKind::archive : InputKind::jar;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

void require_folder(const fs::path& context) {
  if (is_folder(context)) return;
  throw base::Error(base::Kind::environment,
                    fmt::format("open the build context {}: it is no folder", context.string()));
}

Input dockerfile_input(const fs::path& file, const fs::path& context) {
  if (!is_file(file)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("open {}: no such Dockerfile", file.string()));
  }
  require_folder(context);
  return {.kind = InputKind::dockerfile, .path = file, .context = context};
}

// By --file or --context; absent when neither was given.
std::optional<Input> named_dockerfile(const std::string& argument, const DockerfilePlace& place) {
  if (place.file.empty() && place.context.empty()) return std::nullopt;
  const bool names_file = !argument.empty() && !is_folder(argument);
  if (names_file && (!place.file.empty() || !is_dockerfile_name(fs::path(argument).filename()))) {
    throw base::Error(base::Kind::usage,
                      fmt::format("build {}: --file and --context are for Dockerfiles", argument),
                      "give the context's folder with --file, or the Dockerfile with --context");
  }
  fs::path context = place.context;
  if (context.empty() && !argument.empty()) context = argument;
  if (!place.file.empty()) {
    return dockerfile_input(place.file, context.empty() ? folder_of(place.file) : context);
  }
  require_folder(context);
  const fs::path folder = argument.empty() ? context : fs::path(argument);
  const fs::path file = names_file ? folder : dockerfile_in(folder);
  return dockerfile_input(file.empty() ? folder / dockerfile_names.front() : file, context);
}

// The path of "PATH" or "PATH@NAME", which is there; the first of them that is.
Input existing_input(const std::string& argument) {
  std::error_code error;
  if (fs::exists(argument, error)) return {.kind = {}, .path = argument};
  const auto at = argument.rfind('@');
  std::error_code ignored;
  if (at != std::string::npos && fs::exists(argument.substr(0, at), ignored)) {
    return {.kind = {}, .path = argument.substr(0, at), .name = argument.substr(at + 1)};
  }
  throw base::Error(base::Kind::environment,
                    fmt::format("open {}: {}", argument,
                                error ? error.message() : std::string("it does not exist")),
                    "give a jar or war, a Dockerfile, a folder, an image archive, or engine:NAME");
}

}  // namespace

Input find_input(const std::string& argument, const DockerfilePlace& place) {
  if (const auto named = named_dockerfile(argument, place)) return *named;
  if (argument.empty()) return {};
  if (argument.starts_with(engine_prefix)) {
    return {.kind = InputKind::engine, .path = {}, .name = argument.substr(engine_prefix.size())};
  }
  Input input = existing_input(argument);
  const auto kind = is_folder(input.path) ? kind_of_folder(input.path) : kind_of_file(input.path);
  if (!kind) {
    throw base::Error(
        base::Kind::refused,
        fmt::format("read {}: no unpacked jar, image layout or Dockerfile", input.path.string()),
        "give a folder that has META-INF/MANIFEST.MF, oci-layout or Dockerfile, or a file");
  }
  input.kind = *kind;
  if (!input.name.empty() && *kind != InputKind::layout && *kind != InputKind::archive) {
    throw base::Error(base::Kind::usage,
                      fmt::format("take '{}' from {}: it is no archive or layout of images",
                                  input.name, input.path.string()),
                      "leave out what is after '@'");
  }
  if (*kind == InputKind::dockerfile) {
    if (!is_folder(input.path)) return dockerfile_input(input.path, folder_of(input.path));
    return dockerfile_input(dockerfile_in(input.path), input.path);
  }
  return input;
}

}  // namespace docker_push
