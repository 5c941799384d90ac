// SPDX-License-Identifier: Apache-2.0
#include "oci/descriptor.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "oci/digest.hpp"

namespace oci {

Descriptor parse_descriptor(const json::Field& field) {
  const std::int64_t size = field["size"].integer();
  Descriptor descriptor{.media_type = field["mediaType"].maybe_string().value_or(""),
                        .digest = field["digest"].string(),
                        .size = static_cast<std::uint64_t>(size)};
  if (!is_digest(descriptor.digest)) {
    throw base::Error(
        base::Kind::integrity,
        fmt::format("read a descriptor: '{}' is no sha256 digest", descriptor.digest));
  }
  if (size < 0) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read the descriptor of {}: size {}", descriptor.digest, size));
  }
  return descriptor;
}

json::Value to_json(const Descriptor& descriptor) {
  return json::object({{"mediaType", descriptor.media_type},
                       {"digest", descriptor.digest},
                       {"size", descriptor.size}});
}

}  // namespace oci
