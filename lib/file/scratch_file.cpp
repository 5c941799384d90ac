// SPDX-License-Identifier: Apache-2.0
#include "file/scratch_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "file/write_all.hpp"

namespace file {
namespace {

UniqueFd open_nameless(const std::filesystem::path& folder, const std::string& what) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // overlayfs and NFS know no O_TMPFILE everywhere; a name that lives for one instant does as well.
  if (!fd && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = (folder / ".scratch.XXXXXX").string();
    fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (fd) ::unlink(name.c_str());
  }
  if (!fd) fail_to_write(what, errno);
  return fd;
}

}  // namespace

ScratchFile::ScratchFile(const std::filesystem::path& folder)
    : what_(fmt::format("write a temporary file in {}", folder.string())),
      fd_(open_nameless(folder, what_)) {}

void ScratchFile::append(std::span<const std::byte> bytes) {
  write_all(fd_, size_, bytes, what_);
  size_ += bytes.size();
}

void ScratchFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  write_all(fd_, offset, bytes, what_);
}

}  // namespace file
