// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "wait-healthy/observation.hpp"

namespace wait_healthy {

// What is new since the last reading, a line per change:
//   "d-1 InProgress", "i-0aaa Green AfterInstall Succeeded 1.2s", "i-0aaa in web: healthy"
std::vector<std::string> changes(const Observation& before, const Observation& now);

// "1.2s", "84s": how long an event took; empty while it runs.
std::string event_duration(const aws::LifecycleEvent& event);

}  // namespace wait_healthy
