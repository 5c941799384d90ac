// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <initializer_list>
#include <mutex>
#include <string_view>

#include "file/unique_fd.hpp"
#include "json/value.hpp"
#include "timing/clock.hpp"

namespace sandbox {

// Every transition as one line of NDJSON: {"time":…,"kind":"lifecycle_event","deployment":…,…}.
// Tests assert on it, `deploy-sandbox log` shows it. Thread-safe, whole lines.
class EventLog {
 public:
  EventLog(const std::filesystem::path& path, const timing::Clock& clock);

  void write(std::string_view kind, std::initializer_list<json::Member> members);

 private:
  std::mutex mutex_;
  file::UniqueFd fd_;
  const timing::Clock& clock_;
};

}  // namespace sandbox
