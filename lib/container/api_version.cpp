// SPDX-License-Identifier: Apache-2.0
#include "container/api_version.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "base/error.hpp"
#include "text/split.hpp"

namespace container {
namespace {

constexpr ApiVersion before_negotiation{1, 24};
constexpr std::uint64_t most = 9'999;

}  // namespace

std::string ApiVersion::text() const { return fmt::format("{}.{}", major, minor); }

std::optional<ApiVersion> find_api_version(std::string_view text) {
  const auto parts = text::cut(text, ".");
  if (!parts) return std::nullopt;
  const auto major = text::find_number(parts->first);
  const auto minor = text::find_number(parts->second);
  if (!major || !minor || *major > most || *minor > most) return std::nullopt;
  return ApiVersion{static_cast<unsigned>(*major), static_cast<unsigned>(*minor)};
}

ApiVersion negotiated(const std::optional<std::string>& offered,
                      const std::optional<std::string>& chosen) {
  if (chosen) {
    if (const auto version = find_api_version(*chosen)) return *version;
    throw base::Error(base::Kind::usage,
                      fmt::format("read DOCKER_API_VERSION: '{}' is no version", *chosen),
                      "set it to something like 1.41, or leave it unset");
  }
  const auto theirs = offered ? find_api_version(*offered) : std::nullopt;
  return std::min(newest_known, theirs.value_or(before_negotiation));
}

}  // namespace container
