// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace aws {

// What the services' answers taught this process, so that later requests are right at once: how far
// this machine's clock is off, and where buckets are. Thread-safe.
class Corrections {
 public:
  // To be added to the clock.
  std::chrono::seconds clock_offset() const;
  // True the first time: a warning is due.
  bool set_clock_offset(std::chrono::seconds offset);

  std::optional<std::string> find_region(const std::string& bucket) const;
  void set_region(const std::string& bucket, const std::string& region);

 private:
  mutable std::mutex mutex_;
  std::optional<std::chrono::seconds> clock_offset_;
  std::map<std::string, std::string> regions_;
};

}  // namespace aws
