// SPDX-License-Identifier: Apache-2.0
#include "oci/docker_config.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "logging/secrets.hpp"
#include "oci/credential_program.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::string_view docker_hub_key = "https://index.docker.io/v1/";

enum class Shape { config, bare_auths };  // ~/.dockercfg is what "auths" holds elsewhere

struct Document {
  std::string text;
  std::string name;
  Shape shape = Shape::config;
};

std::vector<std::filesystem::path> config_paths(const process::Environment& environment) {
  std::vector<std::filesystem::path> paths;
  const auto home = environment("HOME");
  if (const auto path = environment("REGISTRY_AUTH_FILE")) paths.emplace_back(*path);
  if (const auto folder = environment("DOCKER_CONFIG")) {
    paths.push_back(std::filesystem::path(*folder) / "config.json");
  } else if (home) {
    paths.push_back(std::filesystem::path(*home) / ".docker/config.json");
  }
  if (const auto folder = environment("XDG_RUNTIME_DIR")) {
    paths.push_back(std::filesystem::path(*folder) / "containers/auth.json");
  } else {
    paths.emplace_back(fmt::format("/run/containers/{}/auth.json", ::getuid()));
  }
  if (const auto folder = environment("XDG_CONFIG_HOME")) {
    paths.push_back(std::filesystem::path(*folder) / "containers/auth.json");
  } else if (home) {
    paths.push_back(std::filesystem::path(*home) / ".config/containers/auth.json");
  }
  return paths;
}

std::vector<Document> documents(const process::Environment& environment) {
  std::vector<Document> found;
  if (auto text = environment("DOCKER_AUTH_CONFIG")) {
    found.push_back({.text = std::move(*text), .name = "DOCKER_AUTH_CONFIG"});
  }
  for (const auto& path : config_paths(environment)) {
    if (auto text = file::find(path)) found.push_back({.text = std::move(*text), .name = path});
  }
  if (const auto home = environment("HOME")) {
    const auto path = std::filesystem::path(*home) / ".dockercfg";
    if (auto text = file::find(path)) {
      found.push_back({.text = std::move(*text), .name = path, .shape = Shape::bare_auths});
    }
  }
  return found;
}

// The forms under which a login for a whole registry may have been stored, most usual first.
std::vector<std::string> keys_of_host(const std::string& host) {
  if (host == "docker.io") {
    return {std::string(docker_hub_key), "index.docker.io", "docker.io", "registry-1.docker.io"};
  }
  std::vector<std::string> keys{host};
  for (const std::string_view scheme : {"https://", "http://"}) {
    for (const std::string_view path : {"", "/", "/v1/", "/v2/"}) {
      keys.push_back(fmt::format("{}{}{}", scheme, host, path));
    }
  }
  return keys;
}

// "host/a/b" gives itself, "host/a", and the host's keys: the most specific first.
std::vector<std::string> keys_of(std::string_view name) {
  std::vector<std::string> keys;
  std::string_view rest = name;
  for (std::size_t slash; (slash = rest.rfind('/')) != std::string_view::npos;) {
    keys.emplace_back(rest);
    rest = rest.substr(0, slash);
  }
  for (std::string& key : keys_of_host(std::string(rest))) keys.push_back(std::move(key));
  return keys;
}

// A '*' stands for any characters but '/'.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*') {
    return !text.empty() && pattern.front() == text.front() &&
           matches(pattern.substr(1), text.substr(1));
  }
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (matches(pattern.substr(1), text.substr(skip))) return true;
    if (skip < text.size() && text[skip] == '/') return false;
  }
  return false;
}

base::Error broken(const Document& document, std::string_view what) {
  return {base::Kind::environment, fmt::format("read {}: {}", document.name, what),
          "run docker login again"};
}

std::optional<Credentials> entry_of(const json::Field& entry, const Document& document) {
  Credentials credentials{.username = entry["username"].maybe_string().value_or(""),
                          .password = entry["password"].maybe_string().value_or(""),
                          .identity_token = entry["identitytoken"].maybe_string().value_or(""),
                          .source = document.name,
                          .registry_token = entry["registrytoken"].maybe_string().value_or("")};
  if (const auto encoded = entry["auth"].maybe_string(); encoded && !encoded->empty()) {
    const auto decoded = text::find_bytes_of_base64(*encoded);
    const auto parts = decoded ? text::cut(*decoded, ":") : std::nullopt;
    if (!parts) throw broken(document, "an \"auth\" is no base64 of user:password");
    credentials.username = parts->first;
    std::string_view password = parts->second;
    while (!password.empty() && password.back() == '\0') password.remove_suffix(1);
    credentials.password = text::trim(password);  // old Docker pads with NULs and line ends
  }
  // Docker writes the identity token of a login under the user <token>.
  if (credentials.username == "<token>" && credentials.identity_token.empty()) {
    credentials.identity_token = std::exchange(credentials.password, {});
    credentials.username.clear();
  }
  const bool is_empty = credentials.password.empty() && credentials.identity_token.empty() &&
                        credentials.registry_token.empty();
  return is_empty ? std::nullopt : std::optional(std::move(credentials));
}

struct Helper {
  std::string suffix;
  std::string key;  // what the program is asked for
};

// An exact key first, then the pattern with the most fixed characters.
std::optional<Helper> helper_of(const json::Field& helpers, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    if (auto suffix = helpers[key].maybe_string()) return Helper{std::move(*suffix), key};
  }
  const json::Object* members = helpers.exists() ? helpers.value().find_object() : nullptr;
  if (members == nullptr) return std::nullopt;
  std::optional<Helper> best;
  std::size_t most = 0;
  for (const json::Member& member : *members) {
    const std::string* suffix = member.value.find_string();
    const auto stars = static_cast<std::size_t>(std::ranges::count(member.name, '*'));
    const std::size_t fixed = member.name.size() - stars + 1;
    if (suffix == nullptr || stars == 0 || stars > 8 || fixed <= most) continue;
    for (const std::string& key : keys) {
      if (key.find("://") != std::string::npos || !matches(member.name, key)) continue;
      best = Helper{*suffix, key};
      most = fixed;
      break;
    }
  }
  return best;
}

std::optional<Credentials> find_in(const json::Field& root, const Document& document,
                                   const std::vector<std::string>& keys, std::stop_token stop) {
  if (const auto helper = helper_of(root["credHelpers"], keys)) {
    return ask_credential_program(helper->suffix, helper->key, stop);
  }
  const json::Field auths = document.shape == Shape::bare_auths ? root : root["auths"];
  for (const std::string& key : keys) {
    const json::Field entry = auths[key];
    if (!entry.exists()) continue;
    if (auto credentials = entry_of(entry, document)) return credentials;
  }
  const auto store = root["credsStore"].maybe_string();
  if (!store || store->empty()) return std::nullopt;
  // Stores know whole registries only.
  const auto host = std::ranges::find_if(
      keys, [](const std::string& key) { return key.find('/') == std::string::npos; });
  const bool is_hub = std::ranges::find(keys, docker_hub_key) != keys.end();
  return ask_credential_program(*store, is_hub ? std::string(docker_hub_key) : *host, stop);
}

std::optional<Credentials> find_in(const Document& document, std::string_view name,
                                   std::stop_token stop) {
  json::Value value;
  try {
    value = json::parse(document.text, document.name);
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::environment, error.message(), "mend it, or run docker login");
  }
  return find_in(json::Field(value, document.name), document, keys_of(name), stop);
}

}  // namespace

std::optional<Credentials> find_credentials(std::string_view name,
                                            const process::Environment& environment,
                                            std::stop_token stop) {
  for (const Document& document : documents(environment)) {
    auto credentials = find_in(document, name, stop);
    if (!credentials) continue;
    logging::add_secret(credentials->password);
    logging::add_secret(credentials->identity_token);
    logging::add_secret(credentials->registry_token);
    return credentials;
  }
  return std::nullopt;
}

}  // namespace oci
