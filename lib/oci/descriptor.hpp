// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/field.hpp"
#include "json/value.hpp"

namespace oci {

namespace media_type {
inline constexpr std::string_view manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view layer_tar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_index =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_layer_gzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
}  // namespace media_type

using Annotations =
    std::vector<std::pair<std::string, std::string>>;  // sorted by name when written

// Names content by digest (image-spec descriptor.md).
struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size = 0;
  Annotations annotations{};

  std::string annotation(std::string_view name) const;  // empty when absent
};

// Throws integrity for a digest or size that is none.
Descriptor parse_descriptor(const json::Field& field);

json::Value to_json(const Descriptor& descriptor);

// As one JSON object, sorted by name.
json::Value to_json(const Annotations& annotations);

}  // namespace oci
