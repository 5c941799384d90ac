// SPDX-License-Identifier: Apache-2.0
//
// The zip format as jars use it (PKWARE APPNOTE 6.3.10): STORED and DEFLATED entries, zip64, a
// launch script in front of the first entry.
//
// The central directory is the truth about names, sizes and CRCs; local headers are only asked
// where an entry's bytes begin and must agree on name and method, because readers that trust one or
// the other must not see different archives. Entries that overlap, repeat a name or lead out of the
// folder are refused: no build tool makes them, and each is a known attack.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archives/sink.hpp"
#include "file/unique_fd.hpp"

namespace archives {

enum class ZipMethod : std::uint16_t { stored = 0, deflated = 8 };

struct ZipEntry {
  std::string name;  // a directory's ends in '/'
  ZipMethod method = ZipMethod::stored;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t header_offset = 0;  // of the local header, from the start of the file
  unsigned mode = 0;                // Unix permissions and type; 0 when the writer kept none

  bool is_directory() const { return name.ends_with('/'); }
};

struct ZipLimits {
  std::uint64_t entries = 200'000;
  std::uint64_t directory_bytes = 64ULL << 20U;
  std::uint64_t total_bytes = 8ULL << 30U;  // sum of the uncompressed sizes
};

// A part of a file that is a zip of its own: a nested jar, which is STORED in its outer one.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// Where a zip's directory is, as its end record tells it.
struct DirectoryPlace {
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t stated_offset = 0;
  std::uint64_t end = 0;  // offset of the record that follows the directory
};

// Reads by pread from a file that stays open; const calls may come from several threads.
class ZipReader {
 public:
  // Throws environment when the file cannot be read, integrity when it is no zip or a refused one.
  explicit ZipReader(const std::filesystem::path& path, const ZipLimits& limits = {});

  // The zip that lies within this range of `outer`; `name` is for messages.
  ZipReader(const ZipReader& outer, const ByteRange& range, std::string name,
            const ZipLimits& limits = {});

  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  const std::string& name() const { return name_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }  // as the directory has them
  const ZipEntry* find(std::string_view name) const;                 // null pointer when absent

  // Where the entry's stored bytes lie, counted from the start of the outermost file.
  ByteRange range(const ZipEntry& entry) const;

  // The entry's bytes, inflated. Throws integrity when length or CRC differ from the directory's.
  void read(const ZipEntry& entry, const Sink& sink) const;

  // The same as a string; integrity when it is longer than `cap`.
  std::string read(const ZipEntry& entry, std::uint64_t cap) const;

  const file::UniqueFd& descriptor() const { return *fd_; }

 private:
  DirectoryPlace find_directory() const;
  void load(const ZipLimits& limits);
  void refuse_files_as_folders() const;
  void refuse_overlaps(std::uint64_t directory_offset) const;
  std::string read_range(const ByteRange& range, std::string_view what) const;

  std::string name_;
  file::UniqueFd own_fd_;
  const file::UniqueFd* fd_ = nullptr;  // own_fd_ or the outer reader's
  ByteRange window_;                    // of the zip within the file
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string_view, const ZipEntry*> by_name_;
};

}  // namespace archives
