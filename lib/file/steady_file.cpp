// SPDX-License-Identifier: Apache-2.0
#include "file/steady_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace file {
namespace {

constexpr std::size_t piece_size = 1U << 20U;

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view why) {
  throw base::Error(base::Kind::integrity, fmt::format("read {}: {}", path.string(), why),
                    "run it again when nothing writes to the folder");
}

UniqueFd open_plain(const std::filesystem::path& path) {
  // O_NONBLOCK: a FIFO that took the file's place must not hang us.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP) refuse(path, "it has become a link");
  if (!fd) throw base::from_errno(fmt::format("open {}", path.string()), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    throw base::from_errno(fmt::format("open {}", path.string()), errno);
  }
  if (!S_ISREG(status.st_mode)) refuse(path, "it is no regular file any more");
  return fd;
}

}  // namespace

SteadyFile::SteadyFile(std::filesystem::path path)
    : path_(std::move(path)), fd_(open_plain(path_)), begun_(snapshot(fd_)) {}

void SteadyFile::read(const std::function<void(std::span<const std::byte>)>& sink) const {
  // One byte more than is wanted tells whether the file grew.
  std::vector<std::byte> buffer(std::min<std::uint64_t>(piece_size, begun_.size + 1));
  std::uint64_t at = 0;
  while (true) {
    const auto count = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (count < 0) {
      if (errno == EINTR) continue;
      throw base::from_errno(fmt::format("read {}", path_.string()), errno);
    }
    if (count == 0) break;
    at += static_cast<std::uint64_t>(count);
    if (at > begun_.size) break;
    sink(std::span(buffer).first(static_cast<std::size_t>(count)));
  }
  if (at != begun_.size || !(snapshot(fd_) == begun_))
    refuse(path_, "it changed while it was read");
}

}  // namespace file
