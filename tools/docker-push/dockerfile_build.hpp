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
#include "docker-push/base_images.hpp"
#include "docker-push/dockerfile_stages.hpp"
#include "docker-push/engine.hpp"
#include "docker-push/provenance.hpp"
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
  oci::Platform platform = oci::own_platform();
  bool layered = false;  // the boot jar that it starts becomes layers
  int buckets = 6;       // of the libraries then
};

// What a build by an engine asks of the push that it is for.
struct EngineHelp {
  std::function<std::optional<oci::Credentials>(const oci::Reference& base)> credentials{};
  // Throws when the image could not be pushed, which is better known before minutes of building.
  std::function<void()> check_push{};
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
    std::string planned{};  // the engine that would build it, of a dry run; no more is known then
  };

  Built run(BaseImages& bases, const Provenance& provenance, const ToLayers& to_layers,
            const EngineHelp& help);

 private:
  void evaluate(const ImageSources* sources);
  Built by_engine(const dockerfile::EngineNeed& need, const Provenance& provenance,
                  const EngineHelp& help) const;
  void require_engine_can(const dockerfile::EngineNeed& need, const BaseImages& bases) const;

  DockerfileRequest request_;
  const cli::Context& context_;
  std::filesystem::path scratch_;
  dockerfile::Dockerfile dockerfile_;
  dockerfile::Plan plan_;
};

}  // namespace docker_push
