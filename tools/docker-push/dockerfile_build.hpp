// SPDX-License-Identifier: Apache-2.0
//
// A Dockerfile on its way to an image: evaluated first without any network, so that its faults are
// told before anything is asked for, then with the configs of its bases; then replayed natively, or
// built by an engine when a RUN leaves no choice.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "docker-push/dockerfile_stages.hpp"
#include "docker-push/engine_build.hpp"
#include "docker-push/provenance.hpp"
#include "docker-push/registries.hpp"
#include "dockerfile/evaluate.hpp"
#include "oci/layer_recipe.hpp"
#include "release/record.hpp"

namespace docker_push {

struct DockerfileRequest {
  std::filesystem::path file{};
  std::filesystem::path context{};
  std::string target{};
  std::map<std::string, std::string, std::less<>> build_args{};
  Engine engine = Engine::find_one;
};

using Recipes = std::vector<std::shared_ptr<const oci::LayerRecipe>>;

class DockerfileBuild {
 public:
  // Throws refused for a Dockerfile that cannot be understood, integrity for one with a finding
  // that is an error.
  DockerfileBuild(DockerfileRequest request, const cli::Context& context,
                  const std::filesystem::path& scratch);

  // Clears what the record says of the jar's source, and warns, unless that jar is copied.
  void check_jar(const release::Record& record, Provenance& provenance) const;

  // Makes layers of recipes.
  using ToLayers = std::function<std::vector<oci::Layer>(const Recipes& recipes)>;

  struct Built {
    oci::Draft draft{};
    oci::BaseImage base{};  // empty: from scratch, or nobody knows
    Recipes recipes{};      // empty when an engine built it
  };

  Built run(Registries& registries, const Provenance& provenance, const ToLayers& to_layers);

 private:
  void evaluate(const ImageSources* sources);
  Built by_engine(const dockerfile::EngineNeed& need, const Provenance& provenance) const;

  DockerfileRequest request_;
  const cli::Context& context_;
  std::filesystem::path scratch_;
  dockerfile::Dockerfile dockerfile_;
  dockerfile::Plan plan_;
};

}  // namespace docker_push
