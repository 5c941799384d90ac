// SPDX-License-Identifier: Apache-2.0
#include "aws/late_stop.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace aws {

LateStop::LateStop(timing::Clock& clock, std::stop_token early, std::chrono::milliseconds grace)
    : waiter_([&clock, early = std::move(early), grace,
               late = late_](const std::stop_token& over) mutable {
        std::mutex mutex;
        std::condition_variable_any wake;
        const std::stop_callback notify(early, [&] {
          const std::lock_guard lock(mutex);  // else it could come between the look and the wait
          wake.notify_all();
        });
        std::unique_lock lock(mutex);
        const bool stopped = wake.wait(lock, over, [&] { return early.stop_requested(); });
        lock.unlock();
        if (stopped && clock.sleep_for(grace, over)) late.request_stop();
      }) {}

}  // namespace aws
