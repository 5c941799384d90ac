// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "docker-push/engine.hpp"

namespace docker_push {

// By docker, podman or buildah, told apart by the file's name. Values of build arguments reach it
// by its environment where that is possible.
std::unique_ptr<LocalEngine> program_engine(const std::filesystem::path& program,
                                            std::stop_token stop);

}  // namespace docker_push
