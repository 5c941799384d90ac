// SPDX-License-Identifier: Apache-2.0
//
// What is in a tar, plain or gzipped: ustar, PAX (IEEE 1003.1) and GNU tar's long names and
// numbers, which is what builds make and what the agent's /bin/tar reads. An own reader, since
// libarchive brings libxml2 and ICU along and costs every start of a tool for a case that is rare.
//
// Names that lead out of the folder, devices, sparse files and anything else that a bundle has no
// use for are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "archives/sink.hpp"
#include "archives/tar_writer.hpp"

namespace archives {

struct TarLimits {
  std::uint64_t entries = 200'000;
  std::uint64_t total_bytes = 8ULL << 30U;  // of the unpacked tar
};

// Called for each entry in its order, "./" and a directory's final "/" taken off its path; the
// archive's own "./" is left out. Answers who takes a regular file's bytes; an empty sink: nobody.
// A hard link is a regular file of size 0 whose link_target names the earlier entry.
using TarVisitor = std::function<Sink(const TarEntry& entry)>;

// Throws environment when the file cannot be read, integrity when it is no tar or a refused one.
void read_tar(const std::filesystem::path& path, const TarVisitor& visit,
              const TarLimits& limits = {});

enum class ArchiveType { zip, tar, tgz, unknown };

// By content: a name proves nothing. A zip needs its end record to be in place; a tar its first
// header's checksum; tgz is a gzip stream that begins with one.
ArchiveType archive_type(const std::filesystem::path& path);

}  // namespace archives
