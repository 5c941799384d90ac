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
  std::string text() const { return os + '/' + architecture; }
};

// The platform of this machine.
Platform own_platform();

bool is_index(std::string_view media_type);
bool is_manifest(std::string_view media_type);

// `what` names it in errors (integrity).
Manifest parse_manifest(std::string_view text, std::string_view what);

// The entry of an index for this platform. Throws refused naming the platforms there are.
Descriptor choose_platform(std::string_view index, const Platform& platform, std::string_view what);

// OCI form, byte-stable: the digest is taken over exactly these bytes.
std::string write_manifest(const Manifest& manifest);

}  // namespace oci
