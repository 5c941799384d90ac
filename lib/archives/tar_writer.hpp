// SPDX-License-Identifier: Apache-2.0
//
// POSIX ustar (IEEE 1003.1), with a PAX header only where ustar cannot say it: a name or link
// target beyond 100 bytes or outside ASCII, a size beyond 8 GiB. Owner names stay empty and the
// time is the caller's, so the bytes depend on the entries alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archives/sink.hpp"

namespace archives {

enum class TarKind { regular, directory, symlink };

// 1980-01-01T00:00:00Z, the time that the zip writer stamps too.
inline constexpr std::int64_t fixed_mtime = 315'532'800;

struct TarEntry {
  std::string path{};  // relative; a directory's need not end in '/'
  TarKind kind = TarKind::regular;
  unsigned mode = 0644;
  unsigned uid = 0;
  unsigned gid = 0;
  std::uint64_t size = 0;     // of a regular file
  std::string link_target{};  // of a symlink
  std::int64_t mtime = fixed_mtime;
};

// Entries come in the order they are given.
class TarWriter {
 public:
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  // A regular file of size > 0 is followed by write() calls that give exactly that many bytes.
  void begin(const TarEntry& entry);
  void write(std::span<const std::byte> bytes);

  // begin() and write() in one; the entry's size is the content's.
  void add(TarEntry entry, std::string_view content = {});

  // Two empty blocks; call it once, last.
  void finish();

 private:
  void end_content();
  void emit_header(const TarEntry& entry, char type, std::string_view name,
                   std::string_view target);
  void emit_pax(const TarEntry& entry, std::string_view name, std::string_view target);

  Sink sink_;
  std::uint64_t missing_ = 0;  // bytes of the current file that are still to come
  std::uint64_t padding_ = 0;  // zeros after them
};

}  // namespace archives
