// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "json/value.hpp"

namespace sandbox {

// What other commands have to know about a running sandbox; <dir>/state.json.
struct Endpoints {
  pid_t pid = 0;
  bool ready = false;
  std::string api;       // http://127.0.0.1:PORT
  std::string balancer;  // http://127.0.0.1:PORT
  std::string registry;  // 127.0.0.1:PORT
  std::string region;
  std::string dir;
  std::string event_log;
  std::string application;
  std::string group;
  std::string bucket;
  std::string image;
  std::string control_token;  // for requests to the sandbox itself; in the file only
};

// Without the token: what may be printed.
json::Value to_json(const Endpoints& endpoints);

// Absent when there is none.
std::optional<Endpoints> find_endpoints(const std::filesystem::path& dir);
void write_endpoints(const std::filesystem::path& dir, const Endpoints& endpoints);

}  // namespace sandbox
