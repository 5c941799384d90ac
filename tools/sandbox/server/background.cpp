// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/background.hpp"

#include <utility>

#include "base/error.hpp"
#include "logging/log.hpp"

namespace sandbox {

Background::Background() : thread_([this](const std::stop_token& stop) { loop(stop); }) {}

Background::~Background() {
  thread_.request_stop();
  thread_.join();
}

void Background::run(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push(std::move(work));
  }
  changed_.notify_one();
}

void Background::loop(const std::stop_token& stop) {
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      if (stop.stop_requested()) return;
      work = std::move(waiting_.front());
      waiting_.pop();
    }
    // A thread boundary: the caller was answered long ago.
    try {
      work();
    } catch (const base::Error& error) {
      logging::warning("{}", error.message());
    }
  }
}

}  // namespace sandbox
