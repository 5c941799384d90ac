// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "cli/run.hpp"
#include "docker-push/engine.hpp"
#include "docker-push/input.hpp"
#include "oci/image.hpp"
#include "release/record.hpp"

namespace docker_push {

// An image that exists already, from a layout, an archive or the engine. Files go to `scratch`.
oci::Draft stored_image(const Input& input, Engine engine, const std::filesystem::path& scratch,
                        const cli::Context& context);

// An image of the engine to build on. It is in no registry, so its layers are pushed as ours are.
oci::BaseImage engine_base(LocalEngine& engine, const std::string& name,
                           const std::filesystem::path& scratch, std::stop_token stop);

// Throws integrity when the image's revision label names another commit than the record: every
// later stage would deploy something else than the record says.
void require_same_commit(const oci::Draft& image, const release::Record& record);

}  // namespace docker_push
