// SPDX-License-Identifier: Apache-2.0
//
// What a wait for a process wakes at: its end (a pidfd), a stop (an eventfd), its pipes, a
// deadline. So no wait has to look again every few milliseconds.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "file/unique_fd.hpp"

namespace process {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// Until one of the descriptors is ready or the deadline passed. Negative ones are never ready.
void await_ready(std::span<pollfd> descriptors, Deadline deadline);

// The end of one process, ours or another's.
class EndEvent {
 public:
  EndEvent() = default;  // of no process: never ready
  explicit EndEvent(pid_t pid);

  pid_t pid() const { return pid_; }
  int fd() const { return fd_.get(); }
  // Where no descriptor for a process is to be had (a kernel before 5.3, a sandbox that forbids
  // them), the wait ends before its deadline, to look.
  Deadline no_later_than(Deadline deadline) const;

 private:
  pid_t pid_ = -1;
  file::UniqueFd fd_{};
  std::chrono::milliseconds look_after_{0};  // without a descriptor
};

// Until the process has ended or the deadline passed; may return early.
void await_end(pid_t pid, Deadline deadline);

// Readable from the moment the stop is requested.
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop);
  int fd() const { return fd_.get(); }

 private:
  file::UniqueFd fd_;
  std::stop_callback<std::function<void()>> wake_;
};

}  // namespace process
