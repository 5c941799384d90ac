// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.hpp"

namespace oci {

// An image manifest, OCI's or Docker's schema 2.
struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
  Annotations annotations{};
};

struct Platform {
  std::string os = "linux";
  std::string architecture;  // "amd64", "arm64"
  std::string variant{};     // "v7" of arm; empty where there is only one
  std::string text() const;  // "linux/arm/v7"
};

// The platform of this machine.
Platform own_platform();

// "linux/arm64", "linux/arm/v7"; x86_64 and aarch64 count as amd64 and arm64, "arm64/v8" as
// "arm64". Throws usage for anything else.
Platform parse_platform(std::string_view text);

// True when what is made for `its` is what `wanted` asks for; a variant that only one names counts
// as the other's.
bool fits(const Platform& its, const Platform& wanted);

bool is_index(std::string_view media_type);
bool is_manifest(std::string_view media_type);

// `what` names it in errors (integrity).
Manifest parse_manifest(std::string_view text, std::string_view what);

// The same for what must be an image: throws refused for an index, and for an artifact, which has
// the form of an image and a config of another type.
Manifest parse_image_manifest(std::string_view text, std::string_view what);

// Throws integrity when an image has more layers than a container's file system can stack.
void require_stackable(std::size_t layers, std::string_view what);

// The entry of an index for this platform. Throws refused naming the platforms there are.
Descriptor choose_platform(std::string_view index, const Platform& platform, std::string_view what);

// OCI form, byte-stable: the digest is taken over exactly these bytes.
std::string write_manifest(const Manifest& manifest);

}  // namespace oci
