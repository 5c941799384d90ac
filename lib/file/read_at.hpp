// SPDX-License-Identifier: Apache-2.0
//
// Reading at an offset, which leaves the descriptor's own place alone: several threads may read one
// file. `what` says what is being done, for messages: "read shop.jar".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>

#include "file/unique_fd.hpp"

namespace file {

// As many bytes as there are now, 0 at the file's end. Throws environment.
std::size_t read_at(const UniqueFd& fd, std::uint64_t offset, std::span<char> buffer,
                    std::string_view what);

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = std::numeric_limits<std::uint64_t>::max();  // more than there is: to the end
};

// Its bytes in order, in pieces; answers how many there were.
std::uint64_t read_pieces(const UniqueFd& fd, const Extent& extent, std::string_view what,
                          const std::function<void(std::span<const std::byte>)>& sink);

}  // namespace file
