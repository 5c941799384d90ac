// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace sandbox {

// Ends all processes that have `entry` ("INSTANCE_ID=i-…") in the environment they were started
// with, wherever they moved themselves: TERM, and KILL after the grace time.
void end_processes_with(const std::string& entry, std::chrono::milliseconds grace);

}  // namespace sandbox
