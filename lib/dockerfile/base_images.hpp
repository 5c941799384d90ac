// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dockerfile {

// An image reference cut into its parts, none of them judged.
struct ImageName {
  std::string repository{};  // "docker.io/library/openjdk" is "openjdk"
  std::string tag{};
  std::string digest{};
};

ImageName parse_image_name(std::string_view image);

struct EndOfLife {
  std::string what{};  // "Debian 10 (buster)"
  std::chrono::sys_days since{};
  std::string instead{};
};

// The end of life that has passed by `today`, by repository and tag; absent when none is known.
std::optional<EndOfLife> find_end_of_life(const ImageName& image, std::chrono::sys_days today);

}  // namespace dockerfile
