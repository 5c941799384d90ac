// SPDX-License-Identifier: Apache-2.0
#include "file/steady_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "file/read_at.hpp"

namespace file {
namespace {

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
  const auto what = fmt::format("read {}", path_.string());
  const auto count = read_pieces(fd_, {.size = begun_.size}, what, sink);
  if (count != begun_.size || !(snapshot(fd_) == begun_)) {
    refuse(path_, "it changed while it was read");
  }
}

}  // namespace file
