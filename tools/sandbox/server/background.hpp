// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <stop_token>
#include <thread>

namespace sandbox {

// Work that an API call starts and does not wait for, one piece after the other. The destructor
// lets the running piece end and drops the others.
class Background {
 public:
  Background();
  ~Background();

  void run(std::function<void()> work);

 private:
  void loop(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::queue<std::function<void()>> waiting_;
  std::jthread thread_;
};

}  // namespace sandbox
