// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "http/client.hpp"
#include "oci/docker_config.hpp"
#include "oci/mirrors.hpp"
#include "oci/reference.hpp"
#include "oci/registry.hpp"

namespace docker_push {

struct RegistrySettings {
  std::vector<std::string> plain_http{};
  std::optional<oci::Credentials> credentials{};  // for the destination alone
  std::chrono::milliseconds max_wait{300'000};    // for a registry that asks for patience
};

// The registries of one run: the destination's also serves a base image that lies there; images of
// others may come from their mirrors.
class Registries {
 public:
  Registries(const cli::Context& context, RegistrySettings settings);

  // Called first, once.
  std::shared_ptr<oci::Registry> destination(const oci::Reference& image);

  std::shared_ptr<oci::Registry> of(const oci::Reference& image);

  // What the registry of an image would be told; absent: nothing is known.
  std::optional<oci::Credentials> credentials(const oci::Reference& image) const;

  std::uint64_t requests() const { return client_.requests_sent(); }

 private:
  std::shared_ptr<oci::Registry> open(const oci::Reference& image, oci::RegistryOptions options);

  const cli::Context& context_;
  RegistrySettings settings_;
  std::shared_ptr<const oci::Mirrors> mirrors_;
  http::Client client_;
  std::shared_ptr<oci::Registry> destination_;
};

}  // namespace docker_push
