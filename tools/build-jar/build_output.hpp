// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "build-jar/known_failures.hpp"
#include "timing/clock.hpp"

namespace build_jar {

// Takes a build's lines: each goes to the log at once, the last ones and what they give away are
// kept. While the build is silent a line every ten seconds says what it is at, since CI systems
// take silence for a hang. Thread-safe.
class BuildOutput {
 public:
  explicit BuildOutput(timing::Clock& clock);
  BuildOutput(const BuildOutput&) = delete;
  BuildOutput& operator=(const BuildOutput&) = delete;

  void take(std::string_view line);

  std::optional<FailureFinder::Finding> finding() const;
  std::string last_lines() const;
  bool boot_jar_is_current() const;  // says_boot_jar_is_current() of any line
  std::string task() const;          // the last one begun, "jar:3.5.1:jar (default-jar)"; or empty

 private:
  void watch(const std::stop_token& stop);

  timing::Clock* clock_;
  mutable std::mutex mutex_;
  FailureFinder finder_;
  std::deque<std::string> last_;
  std::string task_;
  bool current_ = false;
  timing::SteadyTime heard_;
  timing::SteadyTime told_;
  std::jthread watcher_;  // last: it uses what stands above
};

// The task that a line of Maven's or Gradle's plain output begins; empty when it begins none.
std::string_view task_begun_by(std::string_view line);

}  // namespace build_jar
