// SPDX-License-Identifier: Apache-2.0
#include "oci/docker_config.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "logging/secrets.hpp"
#include "process/child.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::string_view docker_hub_key = "https://index.docker.io/v1/";
// What a program prints when it has no entry; anything else it fails with is a fault to show.
constexpr std::string_view not_found_words = "credentials not found";

struct Document {
  std::string text;
  std::string name;
};

std::vector<Document> documents(const process::Environment& environment) {
  std::vector<Document> found;
  if (auto text = environment("DOCKER_AUTH_CONFIG")) {
    found.push_back({.text = std::move(*text), .name = "DOCKER_AUTH_CONFIG"});
  }
  std::vector<std::filesystem::path> paths;
  if (const auto path = environment("REGISTRY_AUTH_FILE")) paths.emplace_back(*path);
  if (const auto folder = environment("DOCKER_CONFIG")) {
    paths.push_back(std::filesystem::path(*folder) / "config.json");
  } else if (const auto home = environment("HOME")) {
    paths.push_back(std::filesystem::path(*home) / ".docker/config.json");
  }
  if (const auto folder = environment("XDG_RUNTIME_DIR")) {
    paths.push_back(std::filesystem::path(*folder) / "containers/auth.json");
  }
  for (const auto& path : paths) {
    if (auto text = file::find(path)) found.push_back({.text = std::move(*text), .name = path});
  }
  return found;
}

// The forms under which a login may have been stored, most usual first.
std::vector<std::string> keys_of(std::string_view registry) {
  if (registry == "docker.io") {
    return {std::string(docker_hub_key), "index.docker.io", "docker.io", "registry-1.docker.io"};
  }
  std::vector<std::string> keys{std::string(registry)};
  for (const std::string_view scheme : {"https://", "http://"}) {
    for (const std::string_view path : {"", "/", "/v1/", "/v2/"}) {
      keys.push_back(fmt::format("{}{}{}", scheme, registry, path));
    }
  }
  return keys;
}

base::Error broken(const Document& document, std::string_view what) {
  return {base::Kind::environment, fmt::format("read {}: {}", document.name, what),
          "run docker login again"};
}

std::optional<Credentials> entry_of(const json::Field& entry, const Document& document) {
  Credentials credentials{.username = entry["username"].maybe_string().value_or(""),
                          .password = entry["password"].maybe_string().value_or(""),
                          .identity_token = entry["identitytoken"].maybe_string().value_or(""),
                          .source = document.name};
  if (const auto encoded = entry["auth"].maybe_string(); encoded && !encoded->empty()) {
    const auto decoded = text::find_bytes_of_base64(*encoded);
    const auto parts = decoded ? text::cut(*decoded, ":") : std::nullopt;
    if (!parts) throw broken(document, "an \"auth\" is no base64 of user:password");
    credentials.username = parts->first;
    credentials.password = text::trim(parts->second);  // old Docker pads with NULs and line ends
  }
  if (credentials.password.empty() && credentials.identity_token.empty()) return std::nullopt;
  return credentials;
}

std::optional<Credentials> ask_program(const std::string& suffix, const std::string& key,
                                       std::stop_token stop) {
  const std::string program = "docker-credential-" + suffix;
  if (!process::find_program(program)) {
    // A public image needs no credentials, so this alone is no reason to stop.
    logging::warning("{} is configured for {} but not installed; going on without credentials",
                     program, key);
    return std::nullopt;
  }
  const file::TempDir folder("credential-key");
  const auto input = folder.path() / "server";
  file::write_atomically(input, key, 0600);
  const auto answer = process::capture({.argv = {program, "get"}, .input = input}, stop);
  if (!answer.exit.ok()) {
    const std::string words(text::trim(answer.out.empty() ? answer.err : answer.out));
    if (words.find(not_found_words) != std::string::npos) return std::nullopt;
    throw base::Error(
        base::Kind::environment,
        fmt::format("ask {} for {}: {}: {}", program, key, process::describe(answer.exit), words),
        fmt::format("run '{} get' by hand with that address as its input", program));
  }
  const json::Value document = json::parse(answer.out, "answer of " + program);
  const json::Field root(document, "answer of " + program);
  Credentials credentials{.username = root["Username"].string(),
                          .password = root["Secret"].string(),
                          .source = program};
  if (credentials.username == "<token>") {
    credentials.identity_token = std::exchange(credentials.password, {});
    credentials.username.clear();
  }
  return credentials;
}

std::optional<Credentials> find_in(const Document& document, std::string_view registry,
                                   std::stop_token stop) {
  const json::Value value = json::parse(document.text, document.name);
  const json::Field root(value, document.name);
  const auto keys = keys_of(registry);
  for (const std::string& key : keys) {
    const auto program = root["credHelpers"][key].maybe_string();
    if (!program) continue;
    return ask_program(*program, key, stop);
  }
  for (const std::string& key : keys) {
    const json::Field entry = root["auths"][key];
    if (!entry.exists()) continue;
    if (auto credentials = entry_of(entry, document)) return credentials;
  }
  const auto store = root["credsStore"].maybe_string();
  if (store && !store->empty()) return ask_program(*store, keys.front(), stop);
  return std::nullopt;
}

}  // namespace

std::optional<Credentials> find_credentials(std::string_view registry,
                                            const process::Environment& environment,
                                            std::stop_token stop) {
  for (const Document& document : documents(environment)) {
    auto credentials = find_in(document, registry, stop);
    if (!credentials) continue;
    logging::add_secret(credentials->password);
    logging::add_secret(credentials->identity_token);
    return credentials;
  }
  return std::nullopt;
}

}  // namespace oci
