// SPDX-License-Identifier: Apache-2.0
#include "process/wakeup.hpp"

#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/error.hpp"

namespace process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_every{10};

// What poll() takes: rounded up, since a wait that ends early would be begun anew and again.
int milliseconds_until(const Deadline& deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

file::UniqueFd make_event() {
  file::UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
  if (!fd) throw base::from_errno("make an event descriptor", errno);
  return fd;
}

}  // namespace

void await_ready(std::span<pollfd> descriptors, Deadline deadline) {
  while (::poll(descriptors.data(), descriptors.size(), milliseconds_until(deadline)) < 0) {
    if (errno != EINTR) throw base::from_errno("wait for a descriptor", errno);
  }
}

// glibc has a function for it since 2.36 only.
EndEvent::EndEvent(pid_t pid)
    : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  if (!fd_ && errno != ESRCH) look_after_ = look_every;
}

Deadline EndEvent::no_later_than(Deadline deadline) const {
  if (fd_ || pid_ == -1) return deadline;
  const auto look_at = steady_clock::now() + look_after_;
  return deadline ? std::min(*deadline, look_at) : look_at;
}

void await_end(pid_t pid, Deadline deadline) {
  const EndEvent end(pid);
  pollfd ready{end.fd(), POLLIN, 0};
  await_ready({&ready, 1}, end.no_later_than(deadline));
}

StopEvent::StopEvent(const std::stop_token& stop)
    : fd_(make_event()), wake_(stop, [fd = fd_.get()] { ::eventfd_write(fd, 1); }) {}

}  // namespace process
