// SPDX-License-Identifier: Apache-2.0
#include "file/scratch_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace file {
namespace {

[[noreturn]] void fail(const std::filesystem::path& folder, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw base::from_errno(fmt::format("write a temporary file in {}", folder.string()), error,
                         full ? "free disk space there and run again" : "");
}

UniqueFd open_nameless(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // overlayfs and NFS know no O_TMPFILE everywhere; a name that lives for one instant does as well.
  if (!fd && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = (folder / ".scratch.XXXXXX").string();
    fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (fd) ::unlink(name.c_str());
  }
  if (!fd) fail(folder, errno);
  return fd;
}

}  // namespace

ScratchFile::ScratchFile(std::filesystem::path folder)
    : folder_(std::move(folder)), fd_(open_nameless(folder_)) {}

void ScratchFile::append(std::span<const std::byte> bytes) {
  put(size_, bytes);
  size_ += bytes.size();
}

void ScratchFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  put(offset, bytes);
}

void ScratchFile::put(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail(folder_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

}  // namespace file
