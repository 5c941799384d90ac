// SPDX-License-Identifier: Apache-2.0
//
// What a build on base images has to do with the engine of this machine: bases that only the engine
// has, and the logins that the engine needs for bases that it pulls.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/run.hpp"
#include "container/engine.hpp"
#include "docker-push/engine.hpp"
#include "dockerfile/plan.hpp"
#include "oci/docker_config.hpp"
#include "oci/image.hpp"
#include "oci/reference.hpp"

namespace docker_push {

// One build's bases that no registry would give. One thread at a time.
class EngineBases {
 public:
  EngineBases(Engine wanted, const cli::Context& context, std::filesystem::path scratch);

  // One that was found before; null: none.
  std::shared_ptr<const oci::BaseImage> known(const std::string& image,
                                              const oci::Platform& platform) const;

  // Null when there is no engine, or it has no such image for the platform.
  std::shared_ptr<const oci::BaseImage> find(const std::string& image,
                                             const oci::Platform& platform);

 private:
  Engine wanted_;
  const cli::Context& context_;
  std::filesystem::path scratch_;
  std::map<std::string, std::shared_ptr<const oci::BaseImage>> known_;
};

using CredentialsOf = std::function<std::optional<oci::Credentials>(const oci::Reference& image)>;

// By registry, for the images that the plan is built on or copies from.
std::map<std::string, container::Login> base_logins(const dockerfile::Plan& plan,
                                                    const CredentialsOf& credentials);

}  // namespace docker_push
