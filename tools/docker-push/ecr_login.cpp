// SPDX-License-Identifier: Apache-2.0
#include "docker-push/ecr_login.hpp"

#include "aws/caller.hpp"
#include "aws/ecr.hpp"
#include "aws/session.hpp"
#include "http/client.hpp"
#include "oci/ecr_host.hpp"
#include "process/environment.hpp"

namespace docker_push {

std::optional<oci::Credentials> ecr_credentials(const std::string& registry, timing::Clock& clock,
                                                std::stop_token stop) {
  const auto host = oci::find_ecr_host(registry);
  if (!host || host->is_public) return std::nullopt;
  // The registry's region counts, wherever else this machine works.
  const auto session =
      aws::open_session({.region = host->region}, process::own_environment(), clock, stop);
  http::Client client(clock, stop, aws::client_options(session));
  aws::Caller caller(client, session);
  auto login = aws::Ecr(caller).login();
  return oci::Credentials{.username = std::move(login.username),
                          .password = std::move(login.password),
                          .source = "Amazon ECR"};
}

}  // namespace docker_push
