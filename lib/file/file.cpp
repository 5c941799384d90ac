// SPDX-License-Identifier: Apache-2.0
#include "file/file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "base/error.hpp"
#include "file/write_all.hpp"
#include "text/human.hpp"
#include "timing/clock.hpp"

namespace file {
namespace {

std::string read_open(const UniqueFd& fd, const std::filesystem::path& path, std::uint64_t cap) {
  std::string content;
  std::string chunk(1U << 16U, '\0');
  while (true) {
    const auto count = ::read(fd.get(), chunk.data(), chunk.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw base::from_errno(fmt::format("read {}", path.string()), errno);
    }
    if (count == 0) return content;
    content.append(chunk, 0, static_cast<std::size_t>(count));
    if (content.size() > cap) {
      throw base::Error(base::Kind::integrity, fmt::format("read {}: larger than {}", path.string(),
                                                           text::human_size(cap)));
    }
  }
}

// Removes the temporary file unless it was renamed into place.
class PendingFile {
 public:
  explicit PendingFile(std::string path) : path_(std::move(path)) {}
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

void sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

enum class Synced { no, yes };

void replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode,
                  Synced synced) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  make_directories(folder);
  const auto what = fmt::format("write {}", path.string());
  std::string name = (folder / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) fail_to_write(what, errno);
  PendingFile pending(name);
  write_all(fd, 0, std::as_bytes(std::span(content)), what);
  if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0 ||
      (synced == Synced::yes && ::fsync(fd.get()) != 0)) {
    fail_to_write(what, errno);
  }
  if (::rename(pending.path().c_str(), path.c_str()) != 0) throw base::from_errno(what, errno);
  pending.keep();
  if (synced == Synced::yes) sync_folder(folder);
}

}  // namespace

UniqueFd open_for_reading(const std::filesystem::path& path) {
  // Not waiting for somebody to write into a pipe; a regular file does not know the flag.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw base::from_errno(fmt::format("open {}", path.string()), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode)) return fd;
  throw base::Error(base::Kind::environment,
                    fmt::format("open {}: it is no regular file", path.string()),
                    "copy its content to a file");
}

std::string read(const std::filesystem::path& path, std::uint64_t cap) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw base::from_errno(fmt::format("open {}", path.string()), errno);
  return read_open(fd, path, cap);
}

std::optional<std::string> find(const std::filesystem::path& path, std::uint64_t cap) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) throw base::from_errno(fmt::format("open {}", path.string()), errno);
  return read_open(fd, path, cap);
}

void make_directories(const std::filesystem::path& path) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    fail_to_write(fmt::format("make folder {}", path.string()), error.value());
  }
}

void write_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  replace_file(path, content, mode, Synced::yes);
}

void write_atomically_unsynced(const std::filesystem::path& path, std::string_view content) {
  replace_file(path, content, 0644, Synced::no);
}

Lock::Lock(const std::filesystem::path& path, int seconds) {
  if (path.has_parent_path()) make_directories(path.parent_path());
  fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd_) throw base::from_errno(fmt::format("lock {}", path.string()), errno);
  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + std::chrono::seconds(seconds);
  // No lock of the system's has a deadline; asking again is enough for one held for milliseconds.
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw base::from_errno(fmt::format("lock {}", path.string()), errno);
    }
    if (clock.steady_now() > deadline) {
      throw base::Error(base::Kind::conflict,
                        fmt::format("lock {}: another process holds it", path.string()),
                        "wait for the other run in this workspace to end");
    }
    clock.sleep_for(std::chrono::milliseconds(10), {});
  }
}

Snapshot snapshot(const UniqueFd& fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw base::from_errno("stat an open file", errno);
  return {
      static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_ino),
      static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace file
