// SPDX-License-Identifier: Apache-2.0
#include "retry/poll.hpp"

#include <algorithm>
#include <random>

namespace retry {

PollEnd poll(timing::Clock& clock, std::stop_token stop, const PollOptions& options,
             const std::function<bool()>& ask) {
  std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  const auto deadline = clock.steady_now() + options.timeout;
  while (true) {
    if (stop.stop_requested()) return PollEnd::stopped;
    if (ask()) return PollEnd::done;
    const auto now = clock.steady_now();
    if (now >= deadline) return PollEnd::timed_out;
    const auto pause = std::chrono::duration_cast<timing::SteadyTime::duration>(
        options.interval * jitter(random));
    if (!clock.sleep_until(std::min(deadline, now + pause), stop)) return PollEnd::stopped;
  }
}

}  // namespace retry
