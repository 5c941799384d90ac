// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "dockerfile/tree.hpp"

namespace dockerfile {

struct UnpackLimits {
  std::size_t entries = 200'000;
  std::uint64_t bytes = 4ULL << 30U;
};

// What ADD makes of a local tar (plain, gzip, bzip2, xz or zstd): its entries, with the modes and
// numeric owners it has, a hard link as a file of its own. Contents are unpacked into one file of a
// folder made in `scratch` (empty: the system's) that lives as long as any entry. Absent when the
// file is no tar. Throws integrity for a broken one, one that leads out of its folder, holds a
// device, or is larger than the limits.
std::optional<Tree> find_unpacked(const std::filesystem::path& path,
                                  const std::filesystem::path& scratch,
                                  const UnpackLimits& limits = {});

enum class Contents { all, accounts };  // accounts: of etc/passwd and etc/group alone

// A layer of an image, read likewise. Devices are left out, and a tar without entries is an empty
// layer. Files whose contents are not wanted have their size and no origin. Throws integrity when
// it is no tar.
Tree read_layer(const std::filesystem::path& path, const std::filesystem::path& scratch,
                Contents contents, const UnpackLimits& limits = {});

}  // namespace dockerfile
