// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "oci/image.hpp"
#include "process/environment.hpp"
#include "release/record.hpp"

namespace docker_push {

// What is known of where an image's content comes from; empty where it is not.
struct Provenance {
  std::string created{};    // RFC 3339
  std::string revision{};   // full commit
  std::string source{};     // repository URL
  std::string version{};    // the project's own
  std::string described{};  // the commit's, as git describes it; empty: unknown
};

// `created` is SOURCE_DATE_EPOCH, else the commit's time, else 1970: the same source gives the same
// image.
Provenance provenance_of(const std::optional<release::Record>& record,
                         const process::Environment& environment);

inline constexpr std::string_view standard_prefix = "org.opencontainers.image.";

// The standard annotations, which become labels too.
oci::Annotations annotations_of(const Provenance& provenance, const oci::BaseImage& base);

}  // namespace docker_push
