// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_image.hpp"

#include <fmt/core.h>

namespace docker_push {
namespace {

constexpr std::string_view app_folder = "app";
}  // namespace

oci::Draft jar_image(const JarImage& input, const oci::BaseImage& base,
                     std::vector<oci::Layer> layers) {
  oci::ImageConfig config = base.config;
  config.created = input.provenance.created;
  config.working_dir = fmt::format("/{}", app_folder);
  config.entrypoint = input.entrypoint;
  if (config.entrypoint.empty()) {
    config.entrypoint = {"java", "-cp", config.working_dir, input.jar.launcher};
  }
  config.cmd.clear();  // the base's are for its own entry point
  config.exposed_ports.insert(fmt::format("{}/tcp", input.port));
  if (!input.user.empty()) config.user = input.user;

  // The base's version, revision and so on are not ours.
  std::erase_if(config.labels,
                [](const auto& label) { return label.first.starts_with(standard_prefix); });
  const oci::Annotations annotations = annotations_of(input.provenance, base);
  for (const auto& [name, value] : annotations) config.labels[name] = value;

  std::vector<oci::Layer> all = base.layers;
  for (oci::Layer& layer : layers) {
    config.history.push_back(
        {.created = input.provenance.created, .created_by = "docker-push", .comment = layer.name});
    all.push_back(std::move(layer));
  }
  oci::require_stackable(all.size(), "the layers of jar and base");  // before any is sent
  return {.layers = std::move(all), .config = std::move(config), .annotations = annotations};
}

}  // namespace docker_push
