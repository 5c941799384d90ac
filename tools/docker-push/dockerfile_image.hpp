// SPDX-License-Identifier: Apache-2.0
//
// The image that a Dockerfile describes: what its evaluation says, and the stage that was built.
#pragma once

#include <string>
#include <vector>

#include "docker-push/dockerfile_stages.hpp"
#include "docker-push/provenance.hpp"
#include "docker-push/tree_recipes.hpp"
#include "dockerfile/plan.hpp"
#include "oci/image.hpp"

namespace docker_push {

// As dockerfile::evaluate() wants to know a base.
dockerfile::Config config_of(const oci::ImageConfig& config);

// The base's config with what the Dockerfile made of it; labels of the Dockerfile win over ours.
oci::Draft dockerfile_image(const dockerfile::Config& config, const BuiltStage& stage,
                            const Provenance& provenance, std::vector<oci::Layer> layers);

// The steps that make a layer, each under a name of its own.
std::vector<LayerFiles> layer_files(BuiltStage& stage);

// What options do about findings.
struct Remedies {
  bool offered = true;   // options may be named as fixes
  bool layered = false;  // the jar is layered
  bool locked = false;   // all bases are in images.lock
};

// Logs what was found, and throws integrity when there is an error among it.
void report_findings(const dockerfile::Plan& plan, const dockerfile::Dockerfile& dockerfile,
                     const Remedies& remedies = {});

// True when a file of these bytes is copied into some stage.
bool copies_file(const dockerfile::Plan& plan, std::uint64_t size, const std::string& sha256);

}  // namespace docker_push
