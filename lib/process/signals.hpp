// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

namespace process {

// Turns SIGINT and SIGTERM into a stop: both are blocked in every thread started after this, and one
// thread waits for them. Repeats are ignored, since Jenkins sends TERM again while we clean up.
// SIGPIPE is ignored. Make one, first thing in main.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  std::stop_token stop_token() const { return stop_.get_token(); }
  int caught() const;  // 0 while none came

  // Ends this process by the signal it caught, with the default action, so that the parent sees a
  // death by signal and no exit code.
  [[noreturn]] void die() const;

 private:
  std::stop_source stop_;
  std::thread waiter_;
};

}  // namespace process
