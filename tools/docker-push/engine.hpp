// SPDX-License-Identifier: Apache-2.0
//
// The local container engine through its own command-line program, which knows its contexts,
// sockets and permissions: docker, else podman.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "process/child.hpp"

namespace docker_push {

// Writes an image of the engine to a tar. Throws environment when there is no engine or it does not
// answer, refused with the engine's words when it has no such image.
void save_from_engine(const std::string& name, const std::filesystem::path& tar,
                      std::stop_token stop);

// Takes the images of a tar into the engine.
void load_into_engine(const std::filesystem::path& tar, std::stop_token stop);

enum class Words { hidden, shown };

// Runs an engine's program to its end, with its lines as info or debug. Throws environment when the
// engine behind it does not answer, refused with its last words, unavailable when stopped.
void run_engine(const process::Command& command, const std::string& what, std::stop_token stop,
                Words words);

}  // namespace docker_push
