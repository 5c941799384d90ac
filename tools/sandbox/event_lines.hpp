// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "file/unique_fd.hpp"

namespace sandbox {

// One event of the log for people: "21:50:01.234 lifecycle_event d-… i-… Green AllowTraffic
// InProgress -> Succeeded". A line that is no JSON object is shown as it is.
std::string event_line(std::string_view json);

// Reads an event log on from where the last call ended.
class EventLines {
 public:
  explicit EventLines(const std::filesystem::path& path);

  // The events since then, whole lines only.
  std::vector<std::string> next();

 private:
  file::UniqueFd fd_;
  std::string pending_;
};

}  // namespace sandbox
