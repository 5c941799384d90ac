// SPDX-License-Identifier: Apache-2.0
#include "process/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace process {
namespace {

std::atomic<int> caught_signal{0};
std::atomic<bool> ending{false};

sigset_t stopping_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGUSR2);  // the destructor's own knock
  return set;
}

}  // namespace

Signals::Signals() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // a parent that ignores it hands that on, and no child could be waited for
  const auto set = stopping_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::thread([this, set] {
    while (!ending) {
      int signal = 0;
      if (::sigwait(&set, &signal) != 0 || signal == SIGUSR2) continue;
      int none = 0;
      if (caught_signal.compare_exchange_strong(none, signal)) stop_.request_stop();
    }
  });
}

Signals::~Signals() {
  ending = true;
  ::pthread_kill(waiter_.native_handle(), SIGUSR2);
  waiter_.join();
}

int Signals::caught() const { return caught_signal; }

void Signals::die() const {
  const int signal = caught_signal;
  ::signal(signal, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);
}

}  // namespace process
