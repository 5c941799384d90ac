// SPDX-License-Identifier: Apache-2.0
#include "docker-push/engine_bases.hpp"

#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "docker-push/stored_image.hpp"
#include "logging/log.hpp"

namespace docker_push {
namespace {

std::vector<std::string> images_of(const dockerfile::Plan& plan) {
  std::vector<std::string> images;
  const auto add = [&images](const dockerfile::Base& base) {
    if (base.kind == dockerfile::BaseKind::image) images.push_back(base.image);
  };
  for (const dockerfile::Stage& stage : plan.stages) {
    add(stage.base);
    for (const dockerfile::Step& step : stage.steps) {
      const auto* copy = std::get_if<dockerfile::CopyFrom>(&step.action);
      if (copy != nullptr) add(copy->source);
    }
  }
  return images;
}

}  // namespace

EngineBases::EngineBases(Engine wanted, const cli::Context& context, std::filesystem::path scratch)
    : wanted_(wanted), context_(context), scratch_(std::move(scratch)) {}

std::shared_ptr<const oci::BaseImage> EngineBases::known(const std::string& image,
                                                         const oci::Platform& platform) const {
  const auto found = known_.find(image);
  const bool fits = found != known_.end() && oci::fits(found->second->config.platform, platform);
  return fits ? found->second : nullptr;
}

std::shared_ptr<const oci::BaseImage> EngineBases::find(const std::string& image,
                                                        const oci::Platform& platform) {
  if (wanted_ == Engine::none || context_.stop.stop_requested()) return nullptr;
  std::unique_ptr<LocalEngine> engine;
  try {
    engine = find_engine(wanted_, "look for " + image, context_);
  } catch (const base::Error& error) {
    logging::debug("{}", error.message());
    return nullptr;
  }
  if (!engine->has_image(image)) return nullptr;
  auto base =
      std::make_shared<const oci::BaseImage>(engine_base(*engine, image, scratch_, context_.stop));
  if (!oci::fits(base->config.platform, platform)) {
    logging::debug("{} of {} is for {}", image, engine->name(), base->config.platform.text());
    return nullptr;
  }
  logging::warning("{} is taken from {}", image, engine->name());
  return known_[image] = std::move(base);
}

std::map<std::string, container::Login> base_logins(const dockerfile::Plan& plan,
                                                    const CredentialsOf& credentials) {
  std::map<std::string, container::Login> logins;
  if (!credentials) return logins;
  for (const std::string& image : images_of(plan)) {
    const oci::Reference reference = oci::parse_reference(image);
    if (logins.contains(reference.registry)) continue;
    if (const auto found = credentials(reference)) {
      logins[reference.registry] = {.username = found->username,
                                    .password = found->password,
                                    .identity_token = found->identity_token,
                                    .registry_token = found->registry_token};
    }
  }
  return logins;
}

}  // namespace docker_push
