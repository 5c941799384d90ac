// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "container/engine.hpp"

namespace container {

// The query of POST /build.
std::string build_query(const ImageBuild& build);

// The header X-Registry-Config: logins by the names that docker's config has for registries.
std::string registry_config(const std::map<std::string, Login>& logins);

}  // namespace container
