// SPDX-License-Identifier: Apache-2.0
#include "file/write_all.hpp"

#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace file {

void fail_to_write(const std::string& what, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw base::from_errno(what, error, full ? "free disk space there and run again" : "");
}

void write_all(const UniqueFd& fd, std::uint64_t offset, std::span<const std::byte> bytes,
               const std::string& what) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail_to_write(what, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

}  // namespace file
