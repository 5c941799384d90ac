// SPDX-License-Identifier: Apache-2.0
//
// A zip whose bytes depend on nothing but its entries: sorted names, every folder an entry of its
// own, DOS time 1980-01-01, Unix modes 0755, 0644 and 0120777, UTF-8 names, no extra fields and no
// data descriptors, zip64 only where a number may not fit. libarchive's writer
// cannot leave extra fields and descriptors out, hence an own one.
//
// Up to 1 MiB an entry is deflated by zlib, whose bytes are the same on every processor, or stored
// when that is no longer. A longer one is streamed through chunked_deflate.hpp, on all cores, and
// always deflated: its bytes are written while they come, so nobody can wait for the comparison.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "archives/chunked_deflate.hpp"
#include "archives/sink.hpp"
#include "file/steady_file.hpp"

namespace archives {

enum class ZipKind { regular, directory, symlink };
enum class ZipPacking { deflate, store };

// 1980-01-01T00:00:00Z, the first time that a zip can say.
inline constexpr std::int64_t first_zip_time = 315'532'800;

// Where a zip goes. With `patch`, which replaces bytes that `append` has taken, files are streamed
// and an entry's header is written when its length is known; without, a file is held in memory.
struct ZipOutput {
  Sink append{};
  std::function<void(std::uint64_t offset, std::span<const std::byte> bytes)> patch{};
};

struct ZipSettings {
  ZipPacking packing = ZipPacking::deflate;
  // Seconds since 1970, of every entry, told in UTC; beyond what a zip can say: the nearest it can.
  std::int64_t mtime = first_zip_time;
};

// What goes into a zip under `path` ("/"-separated, no leading or trailing one).
struct ZipInput {
  std::string path{};
  ZipKind kind = ZipKind::regular;
  bool executable = false;
  std::string content{};         // of a regular file, or a link's target
  std::filesystem::path file{};  // not empty: a regular file's content is read from here
};

// Writes entries in the order they are given; write_zip() below sorts.
class ZipWriter {
 public:
  explicit ZipWriter(ZipOutput output, const ZipSettings& settings = {});
  ZipWriter(Sink sink, ZipPacking packing);

  // Throws integrity for a name that must not be in a zip and for a file that changes meanwhile,
  // environment when the file is unreadable.
  void add(const ZipInput& input);

  // Writes the directory; call it once, last.
  void finish();

 private:
  struct Written {
    std::string name;
    std::uint32_t external_attributes = 0;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t size = 0;
    std::uint64_t compressed_size = 0;
    std::uint64_t offset = 0;
    bool zip64 = false;
  };
  void emit(std::span<const std::byte> bytes);
  void emit_directory_entry(const Written& entry);
  std::string local_header(const Written& entry) const;
  void add_whole(Written& entry, std::string_view content);
  void add_streamed(Written& entry, const file::SteadyFile& file);

  ZipOutput output_;
  ZipPacking packing_;
  std::uint32_t dos_time_;
  std::uint64_t offset_ = 0;
  ChunkedDeflate deflate_;
  std::vector<Written> written_;
};

// Sorted by name, folders that are only implied added. Throws integrity for a name given twice or a
// file that is also a folder of another.
void write_zip(std::vector<ZipInput> inputs, const ZipOutput& output,
               const ZipSettings& settings = {});

std::string zip_bytes(std::vector<ZipInput> inputs, const ZipSettings& settings);
std::string zip_bytes(std::vector<ZipInput> inputs, ZipPacking packing = ZipPacking::deflate);

// Through a temporary file in the same folder, so that `path` is whole or absent.
void zip_to_file(std::vector<ZipInput> inputs, const std::filesystem::path& path,
                 ZipPacking packing = ZipPacking::deflate);

}  // namespace archives
