// SPDX-License-Identifier: Apache-2.0
//
// A plan's steps replayed in order, on files alone.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "docker-push/stage_files.hpp"
#include "dockerfile/plan.hpp"
#include "oci/layer_recipe.hpp"

namespace docker_push {

struct ImageSources {
  // FROM's image, or COPY --from's; the platform is empty for this machine's.
  std::function<std::shared_ptr<const oci::BaseImage>(const std::string& image,
                                                      const std::string& platform)>
      image{};
  BaseReaders read{};
};

struct BuiltStep {
  std::string text{};                                // the instruction
  dockerfile::Tree files{};                          // its layer; empty: it makes none
  std::shared_ptr<const oci::LayerRecipe> recipe{};  // of the files, when there is one already
};

struct BuiltStage {
  StageFiles files{};
  std::vector<BuiltStep> steps{};                // those of the stages below it first
  oci::Platform platform = oci::own_platform();  // of one from scratch
};

// The target of the Dockerfile of that name. The plan must not need an engine. Files go to
// `scratch`. Throws what evaluate() could not know yet: refused for a file that a stage or an image
// lacks, with name and line.
BuiltStage build_stages(const dockerfile::Plan& plan, const std::string& name,
                        const ImageSources& sources, const std::filesystem::path& scratch);

}  // namespace docker_push
