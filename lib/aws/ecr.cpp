// SPDX-License-Identifier: Apache-2.0
#include "aws/ecr.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "http/url.hpp"
#include "json/field.hpp"
#include "logging/secrets.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace aws {

RegistryLogin Ecr::login() {
  constexpr std::string_view what = "log in to the container registry";
  const auto answer = value_or_throw(
      caller_->json(Service::ecr, "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
                    json::object({})),
      what);
  // One entry: that of the caller's own registry.
  const auto entries = json::Field(answer, "its answer")["authorizationData"].items();
  const auto token =
      entries.empty() ? std::nullopt : entries.front()["authorizationToken"].maybe_string();
  if (token) logging::add_secret(*token);
  const auto decoded = token ? text::find_bytes_of_base64(*token) : std::nullopt;
  const auto parts = decoded ? text::cut(*decoded, ":") : std::nullopt;
  if (!parts) {
    throw base::Error(base::Kind::unavailable,
                      fmt::format("{}: an answer without user and password", what));
  }
  logging::add_secret(parts->second);
  RegistryLogin login{.registry = {},
                      .username = std::string(parts->first),
                      .password = std::string(parts->second)};
  if (const auto endpoint = entries.front()["proxyEndpoint"].maybe_string()) {
    login.registry = http::parse_url(*endpoint).authority();
  }
  if (const auto end = entries.front()["expiresAt"].maybe_number()) {
    login.expires = timing::from_epoch_seconds(*end);
  }
  return login;
}

}  // namespace aws
