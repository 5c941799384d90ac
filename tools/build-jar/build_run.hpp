// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "build-jar/build_environment.hpp"
#include "build-jar/known_failures.hpp"
#include "process/child.hpp"
#include "timing/clock.hpp"

namespace build_jar {

struct BuildCall {
  std::vector<std::string> argv{};
  Variables environment{};
  std::filesystem::path directory{};
  std::chrono::milliseconds limit{};
};

struct BuildEnd {
  bool boot_jar_is_current = false;  // as Gradle said it
};

// Runs the build to its end, its output going to the log. Nothing it started is left running,
// whatever the end. Throws for every end but success: refused for a failed build or test,
// timed_out, and by what the output gives away environment, unavailable, usage or integrity.
BuildEnd run_build(const BuildCall& call, timing::Clock& clock, std::stop_token stop);

// How a build ended, and what to say of it.
struct Ended {
  process::RunResult result{};
  bool stop_came = false;  // ours, at most half a second after the child's end
  std::optional<FailureFinder::Finding> finding{};
  std::string task{};
};

// Absent when it went well. A CI system that aborts a build ends children before parents, so a
// child that died of TERM just before our own stop was interrupted, not broken.
std::optional<base::Error> find_error(const BuildCall& call, const Ended& ended);

}  // namespace build_jar
