// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "oci/manifest.hpp"

namespace oci {

struct History {
  std::string created{};  // RFC 3339; empty: unknown
  std::string created_by{};
  std::string comment{};
  bool empty_layer = false;
};

// An image's config (image-spec config.md): how its container runs, and the uncompressed digests of
// its layers.
struct ImageConfig {
  std::string created{};
  Platform platform{};

  std::string user{};
  std::set<std::string> exposed_ports{};  // "8080/tcp"
  std::vector<std::string> env{};         // "NAME=value"
  std::vector<std::string> entrypoint{};
  std::vector<std::string> cmd{};
  std::set<std::string> volumes{};
  std::string working_dir{};
  std::map<std::string, std::string> labels{};
  std::string stop_signal{};
  json::Object others{};  // members of "config" beside these: Healthcheck, Shell, OnBuild, …

  std::vector<std::string> diff_ids{};
  std::vector<History> history{};

  void set_env(std::string_view name, std::string_view value);
};

ImageConfig parse_image_config(std::string_view text, std::string_view what);

// Byte-stable: members in one order, sets and maps sorted, empty ones left out.
std::string write_image_config(const ImageConfig& config);

}  // namespace oci
