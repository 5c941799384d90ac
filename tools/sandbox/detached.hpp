// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/state_file.hpp"

namespace sandbox {

// Starts this program again with the arguments as a session of its own, its output in
// <dir>/server.log, and waits until it says in <dir>/state.json that it is ready. A start that
// fails throws what that process said; a stop ends it again.
Endpoints start_detached(const std::vector<std::string>& arguments,
                         const std::filesystem::path& dir, const std::stop_token& stop);

}  // namespace sandbox
