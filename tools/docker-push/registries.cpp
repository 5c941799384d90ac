// SPDX-License-Identifier: Apache-2.0
#include "docker-push/registries.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "docker-push/ecr_login.hpp"
#include "oci/certificates.hpp"
#include "oci/reference.hpp"
#include "process/environment.hpp"

namespace docker_push {
namespace {

http::ClientOptions client_options(const RegistrySettings& settings, const oci::Mirrors& mirrors) {
  http::ClientOptions options{.plain_http_hosts = settings.plain_http};
  const auto mirror_hosts = mirrors.plain_http_hosts();
  std::ranges::copy(mirror_hosts, std::back_inserter(options.plain_http_hosts));
  options.host_tls = oci::certificates_by_host(process::own_environment());
  return options;
}

// Asked only when the registry wants to know who we are.
oci::CredentialSource credentials_of(const std::string& name, const std::string& registry,
                                     const cli::Context& context) {
  return [name, registry, &context]() -> std::optional<oci::Credentials> {
    if (auto found = oci::find_credentials(name, process::own_environment(), context.stop)) {
      return found;
    }
    return ecr_credentials(registry, context.clock, context.stop);
  };
}

}  // namespace

Registries::Registries(const cli::Context& context, RegistrySettings settings)
    : context_(context),
      settings_(std::move(settings)),
      mirrors_(std::make_shared<oci::Mirrors>(oci::find_mirrors(process::own_environment()))),
      client_(context.clock, context.stop, client_options(settings_, *mirrors_)) {}

std::shared_ptr<oci::Registry> Registries::destination(const oci::Reference& image) {
  destination_ = open(image, {.credentials = settings_.credentials});
  return destination_;
}

std::shared_ptr<oci::Registry> Registries::of(const oci::Reference& image) {
  if (image.registry == destination_->name()) return destination_;
  return open(image, {.mirrors = mirrors_, .mirror_credentials = [this](const std::string& mirror) {
                        return oci::find_credentials(mirror, process::own_environment(),
                                                     context_.stop);
                      }});
}

std::optional<oci::Credentials> Registries::credentials(const oci::Reference& image) const {
  const bool is_destination = destination_ != nullptr && image.registry == destination_->name();
  if (is_destination && settings_.credentials) return settings_.credentials;
  return credentials_of(image.registry + '/' + image.repository, image.registry, context_)();
}

std::shared_ptr<oci::Registry> Registries::open(const oci::Reference& image,
                                                oci::RegistryOptions options) {
  const std::string& name = image.registry;
  options.plain_http = std::ranges::any_of(settings_.plain_http, [&name](const std::string& host) {
    return name == host || name.starts_with(host + ':');
  });
  options.limits.max_wait = settings_.max_wait;
  if (!options.credentials) {
    options.find_credentials = credentials_of(name + '/' + image.repository, name, context_);
  }
  return std::make_shared<oci::Registry>(client_, name, std::move(options));
}

}  // namespace docker_push
