// SPDX-License-Identifier: Apache-2.0
#include "file/read_at.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace file {
namespace {

constexpr std::uint64_t piece = 256U << 10U;  // stays in the second-level cache until it is used

}  // namespace

std::size_t read_at(const UniqueFd& fd, std::uint64_t offset, std::span<char> buffer,
                    std::string_view what) {
  while (true) {
    const auto count = ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw base::from_errno(std::string(what), errno);
  }
}

std::uint64_t read_pieces(const UniqueFd& fd, const Extent& extent, std::string_view what,
                          const std::function<void(std::span<const std::byte>)>& sink) {
  const std::uint64_t room = std::min(piece, extent.size);
  const auto buffer = std::make_unique_for_overwrite<char[]>(room);
  std::uint64_t done = 0;
  while (done < extent.size) {
    const std::span<char> wanted(buffer.get(), std::min(room, extent.size - done));
    const auto count = read_at(fd, extent.offset + done, wanted, what);
    if (count == 0) break;
    sink(std::as_bytes(wanted.first(count)));
    done += count;
  }
  return done;
}

}  // namespace file
