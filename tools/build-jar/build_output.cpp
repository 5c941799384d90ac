// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_output.hpp"

#include <algorithm>

#include "build-jar/gradle.hpp"
#include "logging/log.hpp"
#include "text/human.hpp"

namespace build_jar {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t lines_kept = 40;
constexpr milliseconds longest_silence{10'000};
constexpr milliseconds look_every{500};

}  // namespace

BuildOutput::BuildOutput(timing::Clock& clock)
    : clock_(&clock),
      heard_(clock.steady_now()),
      told_(heard_),
      watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

void BuildOutput::take(std::string_view line) {
  logging::line(logging::Level::info, line);
  const std::lock_guard lock(mutex_);
  heard_ = told_ = clock_->steady_now();
  finder_.look_at(line);
  current_ = current_ || says_boot_jar_is_current(line);
  if (const auto task = task_begun_by(line); !task.empty()) task_ = task;
  last_.emplace_back(line);
  if (last_.size() > lines_kept) last_.pop_front();
}

std::optional<FailureFinder::Finding> BuildOutput::finding() const {
  const std::lock_guard lock(mutex_);
  return finder_.find();
}

std::string BuildOutput::last_lines() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& line : last_) text += (text.empty() ? "" : "\n") + line;
  return text;
}

bool BuildOutput::boot_jar_is_current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::string BuildOutput::task() const {
  const std::lock_guard lock(mutex_);
  return task_;
}

void BuildOutput::watch(const std::stop_token& stop) {
  while (clock_->sleep_for(look_every, stop)) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_->steady_now();
    if (now - told_ < longest_silence) continue;
    told_ = now;
    const auto silent = std::chrono::duration_cast<milliseconds>(now - heard_);
    logging::info("still building{}{}, silent for {}", task_.empty() ? "" : ": ", task_,
                  text::human_duration(silent));
  }
}

std::string_view task_begun_by(std::string_view line) {
  constexpr std::string_view gradle = "> Task ";
  if (line.starts_with(gradle)) {
    line.remove_prefix(gradle.size());
    return line.substr(0, line.find(' '));
  }
  // "[INFO] --- surefire:3.5.6:test (default-test) @ shop ---"
  constexpr std::string_view maven = "[INFO] --- ";
  if (!line.starts_with(maven)) return {};
  line.remove_prefix(maven.size());
  return line.substr(0, line.find(" @ "));
}

}  // namespace build_jar
