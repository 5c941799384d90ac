// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_file.hpp"
#include "cli/run.hpp"
#include "process/environment.hpp"

namespace cli {

// Where an option's value came from, in words: "command line", "environment STAGECRAFT_IMAGE",
// "stagecraft.yaml", "default".
using Origins = std::map<std::string, std::string>;

// Fills what the command line left open from the environment, then from the file, with CLI11's own
// validation, and checks required options afterwards. CLI11's config support is not used: it lets
// the file win over the environment. Throws usage for a bad value, an unknown key in the tool's
// section or a missing required option, integrity for a trusted or secret option set by the file.
Origins resolve(const Options& options, const process::Environment& environment,
                const ConfigFile& file);

// The lines of --explain: each option, its value (secrets as set or unset) and its origin, then the
// tool's explanations.
std::string explain(const Options& options, const Origins& origins);

}  // namespace cli
