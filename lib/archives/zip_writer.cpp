// SPDX-License-Identifier: Apache-2.0
#include "archives/zip_writer.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>

#include "archives/entry_name.hpp"
#include "archives/little_endian.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"

namespace archives {
namespace {

constexpr int deflate_level = 6;
constexpr std::uint16_t dos_date = 0x0021;  // 1980-01-01
constexpr std::uint16_t utf8_flag = 0x0800;
constexpr std::uint16_t made_by_unix = 3U << 8U;
constexpr std::uint32_t too_big_32 = 0xffffffff;
constexpr std::uint16_t too_big_16 = 0xffff;
constexpr std::uint16_t version_plain = 20;
constexpr std::uint16_t version_zip64 = 45;
constexpr std::uint64_t largest_content = 4ULL << 30U;

std::uint32_t clamp_32(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, too_big_32));
}

std::uint32_t attributes_of(const ZipInput& input) {
  switch (input.kind) {
    case ZipKind::directory:
      return (std::uint32_t{S_IFDIR | 0755} << 16U) | 0x10U;
    case ZipKind::symlink:
      return std::uint32_t{S_IFLNK | 0777} << 16U;
    case ZipKind::regular:
      break;
  }
  return std::uint32_t{S_IFREG | (input.executable ? 0755U : 0644U)} << 16U;
}

// Raw deflate of the whole; empty when it would not be smaller.
std::string deflated(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, deflate_level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw base::Error(base::Kind::internal, "start deflate");
  }
  std::string output(content.size(), '\0');
  std::size_t taken = 0;
  std::size_t given = 0;
  int result = Z_OK;
  while (result == Z_OK && given < output.size()) {
    constexpr std::size_t step = 1U << 30U;  // zlib counts in 32 bits
    const std::size_t input = std::min(step, content.size() - taken);
    const std::size_t room = std::min(step, output.size() - given);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data() + taken));
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = reinterpret_cast<Bytef*>(output.data() + given);
    stream.avail_out = static_cast<uInt>(room);
    result = deflate(&stream, taken + input == content.size() ? Z_FINISH : Z_NO_FLUSH);
    taken += input - stream.avail_in;
    given += room - stream.avail_out;
  }
  deflateEnd(&stream);
  if (result != Z_STREAM_END || given >= content.size()) return {};
  output.resize(given);
  return output;
}

bool has_parent(const std::string& path) { return path.find('/') != std::string::npos; }

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string zip_name(const ZipInput& input) {
  return input.kind == ZipKind::directory ? input.path + '/' : input.path;
}

void add_implied_folders(std::vector<ZipInput>& inputs) {
  std::set<std::string> known;
  std::set<std::string> files;
  for (const ZipInput& input : inputs) {
    if (!known.insert(input.path).second) {
      throw base::Error(base::Kind::integrity, fmt::format("zip {}: given twice", input.path));
    }
    if (input.kind != ZipKind::directory) files.insert(input.path);
  }
  const std::size_t given = inputs.size();
  for (std::size_t i = 0; i < given; ++i) {
    std::string path = inputs[i].path;
    while (has_parent(path)) {
      path = parent_of(path);
      if (files.contains(path)) {
        throw base::Error(base::Kind::integrity,
                          fmt::format("zip {}: {} is a file", inputs[i].path, path));
      }
      if (!known.insert(path).second) break;
      inputs.push_back({.path = path, .kind = ZipKind::directory});
    }
  }
}

}  // namespace

ZipWriter::ZipWriter(Sink sink, ZipPacking packing) : sink_(std::move(sink)), packing_(packing) {}

void ZipWriter::emit(std::string_view bytes) {
  sink_(bytes_of(bytes));
  offset_ += bytes.size();
}

void ZipWriter::add(const ZipInput& input) {
  const std::string name = zip_name(input);
  const char* fault = find_name_fault(name);
  if (fault == nullptr && name.size() > too_big_16) fault = "is longer than 65535 bytes";
  if (fault != nullptr) {
    throw base::Error(base::Kind::integrity, fmt::format("zip {}: the name {}", name, fault));
  }
  const bool from_file = input.kind == ZipKind::regular && !input.file.empty();
  const std::string loaded = from_file ? file::read(input.file, largest_content) : std::string();
  const std::string_view content = from_file ? std::string_view(loaded) : input.content;

  Written entry{.name = name,
                .external_attributes = attributes_of(input),
                .crc = static_cast<std::uint32_t>(
                    crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size())),
                .size = content.size(),
                .compressed_size = content.size(),
                .offset = offset_};
  std::string packed;
  if (packing_ == ZipPacking::deflate && input.kind == ZipKind::regular) packed = deflated(content);
  if (!packed.empty()) {
    entry.method = 8;
    entry.compressed_size = packed.size();
  }
  const bool zip64 = entry.size >= too_big_32;

  std::string header;
  put_little_endian<std::uint32_t>(header, 0x04034b50);
  put_little_endian<std::uint16_t>(header, zip64 ? version_zip64 : version_plain);
  put_little_endian<std::uint16_t>(header, utf8_flag);
  put_little_endian<std::uint16_t>(header, entry.method);
  put_little_endian<std::uint16_t>(header, 0);
  put_little_endian<std::uint16_t>(header, dos_date);
  put_little_endian<std::uint32_t>(header, entry.crc);
  put_little_endian<std::uint32_t>(header, zip64 ? too_big_32 : clamp_32(entry.compressed_size));
  put_little_endian<std::uint32_t>(header, zip64 ? too_big_32 : clamp_32(entry.size));
  put_little_endian<std::uint16_t>(header, static_cast<std::uint16_t>(name.size()));
  put_little_endian<std::uint16_t>(header, zip64 ? 20 : 0);
  header += name;
  if (zip64) {
    put_little_endian<std::uint16_t>(header, 1);
    put_little_endian<std::uint16_t>(header, 16);
    put_little_endian<std::uint64_t>(header, entry.size);
    put_little_endian<std::uint64_t>(header, entry.compressed_size);
  }
  emit(header);
  emit(packed.empty() ? content : std::string_view(packed));
  written_.push_back(std::move(entry));
}

void ZipWriter::emit_directory_entry(const Written& entry) {
  std::string zip64;
  const bool big_size = entry.size >= too_big_32;
  if (big_size) {
    put_little_endian<std::uint64_t>(zip64, entry.size);
    put_little_endian<std::uint64_t>(zip64, entry.compressed_size);
  }
  if (entry.offset >= too_big_32) put_little_endian<std::uint64_t>(zip64, entry.offset);
  const std::uint16_t version = zip64.empty() ? version_plain : version_zip64;

  std::string header;
  put_little_endian<std::uint32_t>(header, 0x02014b50);
  put_little_endian<std::uint16_t>(header, static_cast<std::uint16_t>(made_by_unix | version));
  put_little_endian<std::uint16_t>(header, version);
  put_little_endian<std::uint16_t>(header, utf8_flag);
  put_little_endian<std::uint16_t>(header, entry.method);
  put_little_endian<std::uint16_t>(header, 0);
  put_little_endian<std::uint16_t>(header, dos_date);
  put_little_endian<std::uint32_t>(header, entry.crc);
  put_little_endian<std::uint32_t>(header, big_size ? too_big_32 : clamp_32(entry.compressed_size));
  put_little_endian<std::uint32_t>(header, big_size ? too_big_32 : clamp_32(entry.size));
  put_little_endian<std::uint16_t>(header, static_cast<std::uint16_t>(entry.name.size()));
  put_little_endian<std::uint16_t>(
      header, static_cast<std::uint16_t>(zip64.empty() ? 0 : zip64.size() + 4));
  put_little_endian<std::uint16_t>(header, 0);  // comment
  put_little_endian<std::uint16_t>(header, 0);  // disk
  put_little_endian<std::uint16_t>(header, 0);  // internal attributes
  put_little_endian<std::uint32_t>(header, entry.external_attributes);
  put_little_endian<std::uint32_t>(header, clamp_32(entry.offset));
  header += entry.name;
  if (!zip64.empty()) {
    put_little_endian<std::uint16_t>(header, 1);
    put_little_endian<std::uint16_t>(header, static_cast<std::uint16_t>(zip64.size()));
    header += zip64;
  }
  emit(header);
}

void ZipWriter::finish() {
  const std::uint64_t begin = offset_;
  for (const Written& entry : written_) emit_directory_entry(entry);
  const std::uint64_t size = offset_ - begin;
  const std::uint64_t count = written_.size();

  std::string end;
  if (count >= too_big_16 || size >= too_big_32 || begin >= too_big_32) {
    const std::uint64_t record = offset_;
    put_little_endian<std::uint32_t>(end, 0x06064b50);
    put_little_endian<std::uint64_t>(end, 44);
    put_little_endian<std::uint16_t>(end, made_by_unix | version_zip64);
    put_little_endian<std::uint16_t>(end, version_zip64);
    put_little_endian<std::uint32_t>(end, 0);
    put_little_endian<std::uint32_t>(end, 0);
    put_little_endian<std::uint64_t>(end, count);
    put_little_endian<std::uint64_t>(end, count);
    put_little_endian<std::uint64_t>(end, size);
    put_little_endian<std::uint64_t>(end, begin);
    put_little_endian<std::uint32_t>(end, 0x07064b50);
    put_little_endian<std::uint32_t>(end, 0);
    put_little_endian<std::uint64_t>(end, record);
    put_little_endian<std::uint32_t>(end, 1);
  }
  const auto short_count = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, too_big_16));
  put_little_endian<std::uint32_t>(end, 0x06054b50);
  put_little_endian<std::uint16_t>(end, 0);
  put_little_endian<std::uint16_t>(end, 0);
  put_little_endian<std::uint16_t>(end, short_count);
  put_little_endian<std::uint16_t>(end, short_count);
  put_little_endian<std::uint32_t>(end, clamp_32(size));
  put_little_endian<std::uint32_t>(end, clamp_32(begin));
  put_little_endian<std::uint16_t>(end, 0);
  emit(end);
}

void write_zip(std::vector<ZipInput> inputs, const Sink& sink, ZipPacking packing) {
  add_implied_folders(inputs);
  std::ranges::sort(inputs, {}, zip_name);
  ZipWriter writer(sink, packing);
  for (const ZipInput& input : inputs) writer.add(input);
  writer.finish();
}

std::string zip_bytes(std::vector<ZipInput> inputs, ZipPacking packing) {
  std::string zip;
  write_zip(
      std::move(inputs),
      [&zip](std::span<const std::byte> bytes) {
        zip.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      },
      packing);
  return zip;
}

void zip_to_file(std::vector<ZipInput> inputs, const std::filesystem::path& path,
                 ZipPacking packing) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  file::NewFile target(folder / fmt::format(".{}.{}.part", path.filename().string(), ::getpid()));
  write_zip(
      std::move(inputs), [&target](std::span<const std::byte> bytes) { target.write(bytes); },
      packing);
  target.rename_to(path);
}

}  // namespace archives
