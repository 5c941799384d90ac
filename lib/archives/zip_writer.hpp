// SPDX-License-Identifier: Apache-2.0
//
// A zip whose bytes depend on nothing but its entries: sorted names, every folder an entry of its
// own, DOS time 1980-01-01, Unix modes 0755, 0644 and 0120777, UTF-8 names, no extra fields and no
// data descriptors, one deflate level, zip64 only where a number does not fit. libarchive's writer
// cannot leave extra fields and descriptors out, hence an own one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archives/sink.hpp"

namespace archives {

enum class ZipKind { regular, directory, symlink };
enum class ZipPacking { deflate, store };

// What goes into a zip under `path` ("/"-separated, no leading or trailing one).
struct ZipInput {
  std::string path{};
  ZipKind kind = ZipKind::regular;
  bool executable = false;
  std::string content{};         // of a regular file, or a link's target
  std::filesystem::path file{};  // not empty: a regular file's content is read from here
};

// Writes entries in the order they are given; zip() below sorts. One entry is held in memory.
class ZipWriter {
 public:
  explicit ZipWriter(Sink sink, ZipPacking packing = ZipPacking::deflate);

  // Throws integrity for a name that must not be in a zip, environment when the file is unreadable.
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
  };
  void emit(std::string_view bytes);
  void emit_directory_entry(const Written& entry);

  Sink sink_;
  ZipPacking packing_;
  std::uint64_t offset_ = 0;
  std::vector<Written> written_;
};

// Sorted by name, folders that are only implied added. Throws integrity for a name given twice or a
// file that is also a folder of another.
void write_zip(std::vector<ZipInput> inputs, const Sink& sink,
               ZipPacking packing = ZipPacking::deflate);

std::string zip_bytes(std::vector<ZipInput> inputs, ZipPacking packing = ZipPacking::deflate);

// Through a temporary file in the same folder, so that `path` is whole or absent.
void zip_to_file(std::vector<ZipInput> inputs, const std::filesystem::path& path,
                 ZipPacking packing = ZipPacking::deflate);

}  // namespace archives
