// SPDX-License-Identifier: Apache-2.0
#include "container/build_request.hpp"

#include <string_view>

#include "json/value.hpp"
#include "text/base64.hpp"
#include "text/percent.hpp"

namespace container {
namespace {

constexpr std::string_view docker_hub = "docker.io";
constexpr std::string_view docker_hub_key = "https://index.docker.io/v1/";

template <typename Map>
json::Value object_of(const Map& map) {
  json::Object members;
  for (const auto& [name, value] : map) members.push_back({name, value});
  return members;
}

}  // namespace

std::string build_query(const ImageBuild& build) {
  std::string query;
  const auto add = [&query](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query += name;
    query += '=';
    query += text::percent_encode(value);
  };
  add("version", build.builder == Builder::classic ? "1" : "2");
  add("t", build.tag);
  add("dockerfile", build.dockerfile);
  add("rm", "1");
  add("forcerm", "1");  // the container of a RUN that failed, too
  if (!build.target.empty()) add("target", build.target);
  if (!build.build_args.empty()) add("buildargs", json::write(object_of(build.build_args)));
  if (!build.labels.empty()) add("labels", json::write(object_of(build.labels)));
  return query;
}

std::string registry_config(const std::map<std::string, Login>& logins) {
  json::Object config;
  for (const auto& [registry, login] : logins) {
    const std::string key(registry == docker_hub ? docker_hub_key : std::string_view(registry));
    json::Value entry = json::object({{"serveraddress", key}});
    const auto set = [&entry](std::string_view name, const std::string& value) {
      if (!value.empty()) entry.set(name, value);
    };
    set("username", login.username);
    set("password", login.password);
    set("identitytoken", login.identity_token);
    set("registrytoken", login.registry_token);
    config.push_back({key, std::move(entry)});
  }
  // Padded, as Go's URLEncoding reads it.
  std::string encoded = text::base64(json::write(config), text::Base64::url);
  encoded.append((4 - encoded.size() % 4) % 4, '=');
  return encoded;
}

}  // namespace container
