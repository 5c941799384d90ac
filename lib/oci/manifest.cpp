// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

#include "base/error.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t most_layers = 127;  // overlayfs

// Docker's layer type names the same bytes as OCI's.
std::string oci_layer_type(const std::string& type) {
  return type == media_type::docker_layer_gzip ? std::string(media_type::layer_gzip) : type;
}

}  // namespace

Platform own_platform() {
  struct utsname name{};
  std::string machine = ::uname(&name) == 0 ? name.machine : "x86_64";
  if (machine == "x86_64") machine = "amd64";
  if (machine == "aarch64") machine = "arm64";
  return {.architecture = machine};
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
  if (manifest.layers.size() > most_layers) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} layers, an image has at most {}", what,
                                  manifest.layers.size(), most_layers));
  }
  return manifest;
}

Descriptor choose_platform(std::string_view index, const Platform& platform,
                           std::string_view what) {
  const json::Value document = json::parse(index, what);
  std::vector<std::string> found;
  for (const json::Field& entry : json::Field(document, what)["manifests"].items()) {
    const Platform its{
        .os = entry["platform"]["os"].maybe_string().value_or("unknown"),
        .architecture = entry["platform"]["architecture"].maybe_string().value_or("unknown")};
    if (its.os == platform.os && its.architecture == platform.architecture) {
      return parse_descriptor(entry);
    }
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
