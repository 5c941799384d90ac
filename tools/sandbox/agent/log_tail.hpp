// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace sandbox::agent {

// The last whole lines of a script log that are fewer than 2048 characters (not bytes) in total,
// as the agent puts them into its diagnostics; a last line longer than that leaves nothing.
std::string log_tail(std::string_view log);

}  // namespace sandbox::agent
