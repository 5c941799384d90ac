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

fs::path dockerfile_in(const fs::path& folder) {
  for (const std::string_view name : dockerfile_names) {
    if (fs::is_regular_file(folder / name)) return folder / name;
  }
  return {};
}

std::optional<InputKind> kind_of_folder(const fs::path& folder) {
  if (fs::exists(folder / "oci-layout")) return InputKind::layout;
  if (fs::exists(folder / "META-INF" / "MANIFEST.MF")) return InputKind::exploded;
  if (!dockerfile_in(folder).empty()) return InputKind::dockerfile;
  return std::nullopt;
}

// What is no tar is meant as a jar; the zip reader says best what is wrong with it.
InputKind kind_of_file(const fs::path& path) {
  if (is_dockerfile_name(path.filename())) return InputKind::dockerfile;
  const auto type = archives::archive_type(path);
  const bool tar = type == archives::ArchiveType::tar || type == archives::ArchiveType::tgz;
  return tar ? InputKind::archive : InputKind::jar;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

void require_folder(const fs::path& context) {
  if (fs::is_directory(context)) return;
  throw base::Error(base::Kind::environment,
                    fmt::format("open the build context {}: it is no folder", context.string()));
}

Input dockerfile_input(const fs::path& file, const fs::path& context) {
  if (!fs::is_regular_file(file)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("open {}: no such Dockerfile", file.string()));
  }
  require_folder(context);
  return {.kind = InputKind::dockerfile, .path = file, .context = context};
}

// By --file or --context; absent when neither was given.
std::optional<Input> named_dockerfile(const std::string& argument, const DockerfilePlace& place) {
  if (place.file.empty() && place.context.empty()) return std::nullopt;
  const bool is_file = !argument.empty() && !fs::is_directory(argument);
  if (is_file && (!place.file.empty() || !is_dockerfile_name(fs::path(argument).filename()))) {
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
  const fs::path file = is_file ? folder : dockerfile_in(folder);
  return dockerfile_input(file.empty() ? folder / dockerfile_names.front() : file, context);
}

}  // namespace

Input find_input(const std::string& argument, const DockerfilePlace& place) {
  if (const auto named = named_dockerfile(argument, place)) return *named;
  if (argument.empty()) return {};
  if (argument.starts_with(engine_prefix)) {
    return {.kind = InputKind::engine, .path = {}, .name = argument.substr(engine_prefix.size())};
  }
  Input input{.kind = {}, .path = argument};
  std::error_code error;
  if (!fs::exists(input.path, error)) {
    const auto at = argument.rfind('@');
    if (at != std::string::npos) {
      input.path = argument.substr(0, at);
      input.name = argument.substr(at + 1);
    }
  }
  if (!fs::exists(input.path, error)) {
    throw base::Error(
        base::Kind::environment, fmt::format("open {}: it does not exist", argument),
        "give a jar or war, a Dockerfile, a folder, an image archive, or engine:NAME");
  }
  const auto kind =
      fs::is_directory(input.path, error) ? kind_of_folder(input.path) : kind_of_file(input.path);
  if (!kind) {
    throw base::Error(
        base::Kind::refused,
        fmt::format("read {}: no unpacked jar, image layout or Dockerfile", input.path.string()),
        "they have META-INF/MANIFEST.MF, oci-layout or Dockerfile");
  }
  input.kind = *kind;
  if (*kind == InputKind::dockerfile) {
    if (!fs::is_directory(input.path)) return dockerfile_input(input.path, folder_of(input.path));
    return dockerfile_input(dockerfile_in(input.path), input.path);
  }
  return input;
}

}  // namespace docker_push
