// SPDX-License-Identifier: Apache-2.0
#include "sandbox/event_log.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {

EventLog::EventLog(const std::filesystem::path& path, const timing::Clock& clock) : clock_(clock) {
  if (path.has_parent_path()) file::make_directories(path.parent_path());
  fd_ = file::UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd_) throw base::from_errno(fmt::format("open {}", path.string()), errno);
}

void EventLog::write(std::string_view kind, std::initializer_list<json::Member> members) {
  json::Object entry{{"time", timing::epoch_seconds(clock_.now())}, {"kind", kind}};
  entry.insert(entry.end(), members.begin(), members.end());
  const auto line = json::write(json::Value(std::move(entry))) + '\n';
  const std::lock_guard lock(mutex_);
  // A line that cannot be written (a full disk) must not end a deployment.
  [[maybe_unused]] const auto written = ::write(fd_.get(), line.data(), line.size());
}

}  // namespace sandbox
