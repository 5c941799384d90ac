// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace container {

// A version of the Engine API, "1.41".
struct ApiVersion {
  unsigned major = 0;
  unsigned minor = 0;

  auto operator<=>(const ApiVersion&) const = default;
  std::string text() const;
};

// Engines refuse versions beyond their own and, with time, those that are too old: 29.0 wants 1.44.
inline constexpr ApiVersion newest_known{1, 51};

std::optional<ApiVersion> find_api_version(std::string_view text);

// What to speak with an engine: `chosen` (DOCKER_API_VERSION) as it is, else the lower of ours and
// what its Api-Version header offers. An engine without that header is from before 1.24. Throws
// usage when `chosen` is no version.
ApiVersion negotiated(const std::optional<std::string>& offered,
                      const std::optional<std::string>& chosen);

}  // namespace container
