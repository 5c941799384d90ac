// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace docker_push {

enum class InputKind {
  recorded_jar,  // the release record's
  jar,           // a Spring Boot jar or war
  exploded,      // a folder that one was unpacked to
  layout,        // a folder in the OCI image layout
  archive,       // a tar of docker save, or of a layout
  engine,        // an image in the local engine
  dockerfile     // to be built in its context
};

// What to push, as the command line names it.
struct Input {
  InputKind kind = InputKind::recorded_jar;
  std::filesystem::path path{};
  std::string name{};  // which image of a layout, archive or engine; empty: the only one
  std::filesystem::path context{};  // of a Dockerfile
};

// What the command line says of a Dockerfile beside the input.
struct DockerfilePlace {
  std::filesystem::path file{};     // the input is its context then
  std::filesystem::path context{};  // instead of the Dockerfile's own folder
};

// "FILE", "FOLDER", "FILE@NAME" or "engine:NAME"; empty: the release record's jar. Decided by the
// content; only a Dockerfile is known by its name. Throws environment when nothing is there,
// refused when it is none of the kinds.
Input find_input(const std::string& argument, const DockerfilePlace& place = {});

}  // namespace docker_push
