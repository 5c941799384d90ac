// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "timing/clock.hpp"

namespace logging {

enum class ProgressForm {
  none,
  bar,   // one line of the terminal, drawn again in place from half a second on
  lines  // a log line every ten seconds
};

// A bar on a terminal, lines elsewhere, nothing when only warnings are wanted.
ProgressForm usual_progress_form();

struct Advance {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t per_second = 0;  // 0: not known yet
};

// "upload  45% [====>     ] 460.0 MiB of 1.0 GiB, 312.0 MiB/s, 2.0 s left", in at most `columns`;
// what does not fit is left out from the right, the bar first.
std::string progress_bar(const std::string& what, const Advance& advance, int columns);

// The same as a sentence.
std::string progress_sentence(const std::string& what, const Advance& advance);

// How far a transfer is, for whoever watches. Thread-safe; an update that finds another under way
// is dropped.
class Progress {
 public:
  Progress(timing::Clock& clock, std::string what, std::uint64_t total,
           ProgressForm form = usual_progress_form());
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // the bar disappears

  void update(std::uint64_t done);

  // The same where it turns out on the way how much there is.
  void update(std::uint64_t done, std::uint64_t total);

 private:
  struct Sample {
    timing::SteadyTime when{};
    std::uint64_t done = 0;
  };
  std::uint64_t rate(const Sample& now);

  timing::Clock& clock_;
  const std::string what_;
  std::atomic<std::uint64_t> total_;
  const ProgressForm form_;
  std::mutex mutex_;
  timing::SteadyTime next_;  // when there is something to show again
  Sample older_;             // the rate is that since some five to ten seconds ago
  Sample newer_;
};

}  // namespace logging
