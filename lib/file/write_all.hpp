// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "file/unique_fd.hpp"

namespace file {

// What this module throws when it cannot write: environment, with a hint when the disk is full.
[[noreturn]] void fail_to_write(const std::string& what, int error);

// All bytes at that offset, else fail_to_write(what).
void write_all(const UniqueFd& fd, std::uint64_t offset, std::span<const std::byte> bytes,
               const std::string& what);

}  // namespace file
