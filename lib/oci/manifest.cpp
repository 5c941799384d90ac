// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/error.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t most_layers = 127;  // overlayfs

// Docker's layer type names the same bytes as OCI's.
std::string oci_layer_type(const std::string& type) {
  return type == media_type::docker_layer_gzip ? std::string(media_type::layer_gzip) : type;
}

// The architecture as Go and so the OCI formats name it.
std::string architecture_of(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

bool is_word(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
}

}  // namespace

std::string Platform::text() const {
  return fmt::format("{}/{}{}{}", os, architecture, variant.empty() ? "" : "/", variant);
}

Platform own_platform() {
  struct utsname name {};
  return {.architecture = architecture_of(::uname(&name) == 0 ? name.machine : "x86_64")};
}

Platform parse_platform(std::string_view text) {
  const auto parts = text::split(text, '/');
  if (parts.size() < 2 || parts.size() > 3 || !std::ranges::all_of(parts, is_word)) {
    throw base::Error(base::Kind::usage, fmt::format("read platform '{}'", text),
                      "give os/architecture[/variant], as in linux/arm64");
  }
  Platform platform{.os = std::string(parts[0]),
                    .architecture = architecture_of(parts[1]),
                    .variant = std::string(parts.size() == 3 ? parts[2] : "")};
  if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
  return platform;
}

bool fits(const Platform& its, const Platform& wanted) {
  return its.os == wanted.os && its.architecture == wanted.architecture &&
         (its.variant == wanted.variant || its.variant.empty() || wanted.variant.empty());
}

bool is_index(std::string_view type) {
  return type == media_type::index || type == media_type::docker_index;
}

bool is_manifest(std::string_view type) {
  return type == media_type::manifest || type == media_type::docker_manifest;
}

Manifest parse_manifest(std::string_view text, std::string_view what) {
  const json::Value document = json::parse(text, what);
  const json::Field root(document, what);
  Manifest manifest{.config = parse_descriptor(root["config"]), .layers = {}};
  for (const json::Field& layer : root["layers"].items()) {
    manifest.layers.push_back(parse_descriptor(layer));
    Descriptor& added = manifest.layers.back();
    added.media_type = oci_layer_type(added.media_type);
  }
  require_stackable(manifest.layers.size(), what);
  return manifest;
}

Manifest parse_image_manifest(std::string_view text, std::string_view what) {
  const json::Value document = json::parse(text, what);
  const json::Field root(document, what);
  const auto refuse = [&what](std::string_view part, std::string_view type) {
    throw base::Error(base::Kind::refused,
                      fmt::format("read {}: its {} is of type '{}'", what, part, type),
                      "use an image with an OCI or Docker schema 2 manifest");
  };
  const auto type = root["mediaType"].maybe_string();
  if (type && !is_manifest(*type)) refuse("manifest", *type);
  if (!type && root["manifests"].exists()) refuse("manifest", media_type::index);
  if (!type && !root["config"].exists()) {
    refuse("manifest",
           fmt::format("schema version {}", root["schemaVersion"].maybe_integer().value_or(0)));
  }
  Manifest manifest = parse_manifest(text, what);
  const std::string& config = manifest.config.media_type;
  if (!config.empty() && config != media_type::config && config != media_type::docker_config) {
    refuse("config", config);
  }
  return manifest;
}

void require_stackable(std::size_t layers, std::string_view what) {
  if (layers <= most_layers) return;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("read {}: {} layers, an image has at most {}", what, layers, most_layers),
      "make fewer layers");
}

Descriptor choose_platform(std::string_view index, const Platform& platform,
                           std::string_view what) {
  const json::Value document = json::parse(index, what);
  std::vector<std::string> found;
  for (const json::Field& entry : json::Field(document, what)["manifests"].items()) {
    const Platform its{
        .os = entry["platform"]["os"].maybe_string().value_or("unknown"),
        .architecture = entry["platform"]["architecture"].maybe_string().value_or("unknown"),
        .variant = entry["platform"]["variant"].maybe_string().value_or("")};
    if (fits(its, platform)) return parse_descriptor(entry);
    found.push_back(its.text());
  }
  throw base::Error(base::Kind::refused,
                    fmt::format("choose {} from {}: it has {}", platform.text(), what,
                                found.empty() ? "no platform" : text::join(found, ", ")),
                    "name a base image that exists for this platform");
}

std::string write_manifest(const Manifest& manifest) {
  json::Array layers;
  for (const Descriptor& layer : manifest.layers) layers.push_back(to_json(layer));
  json::Value document = json::object({{"schemaVersion", 2},
                                       {"mediaType", media_type::manifest},
                                       {"config", to_json(manifest.config)},
                                       {"layers", std::move(layers)}});
  if (!manifest.annotations.empty()) document.set("annotations", to_json(manifest.annotations));
  return json::write(document);
}

}  // namespace oci
