// SPDX-License-Identifier: Apache-2.0
#include "archives/zip_writer.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "archives/entry_name.hpp"
#include "archives/little_endian.hpp"
#include "base/error.hpp"
#include "file/new_file.hpp"

namespace archives {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t utf8_flag = 0x0800;
constexpr std::uint16_t made_by_unix = 3U << 8U;
constexpr std::uint32_t too_big_32 = 0xffffffff;
constexpr std::uint16_t too_big_16 = 0xffff;
constexpr std::uint16_t stored = 0;
constexpr std::uint16_t deflated = 8;
constexpr std::uint16_t version_plain = 20;
constexpr std::uint16_t version_zip64 = 45;
constexpr std::size_t local_sizes = 14;  // offset of CRC and sizes in a local header

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

// zlib's raw deflate of the whole.
std::string deflated_by_zlib(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw base::Error(base::Kind::internal, "start deflate");
  }
  std::string output(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  const int result = deflate(&stream, Z_FINISH);
  output.resize(output.size() - stream.avail_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw base::Error(base::Kind::internal, "deflate: no end");
  return output;
}

// A file may grow by this much when deflate stores it, at most.
bool may_need_zip64(std::uint64_t size) { return size > too_big_32 - (2U << 20U); }

// Date in the upper half, time in the lower one.
std::uint32_t dos_time(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds first{std::chrono::seconds(first_zip_time)};
  const sys_seconds last = sys_days(year(2107) / December / 31) + 23h + 59min + 58s;
  const auto time = std::clamp(sys_seconds(std::chrono::seconds(seconds)), first, last);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  const auto years = static_cast<std::uint32_t>(static_cast<int>(date.year()) - 1980);
  const auto hours = static_cast<std::uint32_t>(clock.hours().count());
  const auto minutes = static_cast<std::uint32_t>(clock.minutes().count());
  const auto pairs = static_cast<std::uint32_t>(clock.seconds().count() / 2);
  return (years << 25U) | (unsigned{date.month()} << 21U) | (unsigned{date.day()} << 16U) |
         (hours << 11U) | (minutes << 5U) | pairs;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
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

ZipWriter::ZipWriter(ZipOutput output, const ZipSettings& settings)
    : output_(std::move(output)), packing_(settings.packing), dos_time_(dos_time(settings.mtime)) {}

ZipWriter::ZipWriter(Sink sink, ZipPacking packing)
    : ZipWriter(ZipOutput{.append = std::move(sink)}, {.packing = packing}) {}

void ZipWriter::emit(std::span<const std::byte> bytes) {
  output_.append(bytes);
  offset_ += bytes.size();
}

void ZipWriter::add(const ZipInput& input) {
  const std::string name = zip_name(input);
  const char* fault = find_name_fault(name);
  if (fault == nullptr && name.size() > too_big_16) fault = "is longer than 65535 bytes";
  if (fault != nullptr) {
    throw base::Error(base::Kind::integrity, fmt::format("zip {}: the name {}", name, fault));
  }
  Written entry{.name = name, .external_attributes = attributes_of(input), .offset = offset_};
  if (packing_ == ZipPacking::deflate && input.kind == ZipKind::regular) entry.method = deflated;
  if (input.kind != ZipKind::regular || input.file.empty()) {
    add_whole(entry, input.content);
  } else {
    const file::SteadyFile file(input.file);
    if (output_.patch && file.size() > deflate_chunk) {
      add_streamed(entry, file);
    } else {
      std::string content;
      content.reserve(file.size());
      file.read([&content](std::span<const std::byte> bytes) { content += text_of(bytes); });
      add_whole(entry, content);
    }
  }
  written_.push_back(std::move(entry));
}

void ZipWriter::add_whole(Written& entry, std::string_view content) {
  std::string packed;
  entry.size = content.size();
  entry.zip64 = may_need_zip64(entry.size);
  if (entry.method == deflated && content.size() > deflate_chunk) {
    const Sink into = [&packed](std::span<const std::byte> bytes) { packed += text_of(bytes); };
    deflate_.write(bytes_of(content), into);
    entry.crc = deflate_.finish(into).crc;
  } else {
    entry.crc = static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
    if (entry.method == deflated) packed = deflated_by_zlib(content);
    if (packed.size() >= content.size()) entry.method = stored;
  }
  const std::string_view body = entry.method == deflated ? std::string_view(packed) : content;
  entry.compressed_size = body.size();
  emit(bytes_of(local_header(entry)));
  emit(bytes_of(body));
}

// The header goes out without CRC and sizes and is written again when they are known.
void ZipWriter::add_streamed(Written& entry, const file::SteadyFile& file) {
  entry.size = file.size();
  entry.zip64 = may_need_zip64(entry.size);
  emit(bytes_of(local_header(entry)));
  const std::uint64_t begin = offset_;
  const Sink out = [this](std::span<const std::byte> bytes) { emit(bytes); };
  if (entry.method == deflated) {
    file.read([&](std::span<const std::byte> bytes) { deflate_.write(bytes, out); });
    entry.crc = deflate_.finish(out).crc;
  } else {
    uLong crc = 0;
    file.read([&](std::span<const std::byte> bytes) {
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
      emit(bytes);
    });
    entry.crc = static_cast<std::uint32_t>(crc);
  }
  entry.compressed_size = offset_ - begin;
  const std::string header = local_header(entry);
  output_.patch(entry.offset + local_sizes, bytes_of(std::string_view(header).substr(local_sizes)));
}

std::string ZipWriter::local_header(const Written& entry) const {
  std::string header;
  put_little_endian<std::uint32_t>(header, 0x04034b50);
  put_little_endian<std::uint16_t>(header, entry.zip64 ? version_zip64 : version_plain);
  put_little_endian<std::uint16_t>(header, utf8_flag);
  put_little_endian<std::uint16_t>(header, entry.method);
  put_little_endian<std::uint32_t>(header, dos_time_);
  put_little_endian<std::uint32_t>(header, entry.crc);
  put_little_endian<std::uint32_t>(header,
                                   entry.zip64 ? too_big_32 : clamp_32(entry.compressed_size));
  put_little_endian<std::uint32_t>(header, entry.zip64 ? too_big_32 : clamp_32(entry.size));
  put_little_endian<std::uint16_t>(header, static_cast<std::uint16_t>(entry.name.size()));
  put_little_endian<std::uint16_t>(header, entry.zip64 ? 20 : 0);
  header += entry.name;
  if (entry.zip64) {
    put_little_endian<std::uint16_t>(header, 1);
    put_little_endian<std::uint16_t>(header, 16);
    put_little_endian<std::uint64_t>(header, entry.size);
    put_little_endian<std::uint64_t>(header, entry.compressed_size);
  }
  return header;
}

void ZipWriter::emit_directory_entry(const Written& entry) {
  std::string zip64;
  if (entry.zip64) {
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
  put_little_endian<std::uint32_t>(header, dos_time_);
  put_little_endian<std::uint32_t>(header, entry.crc);
  put_little_endian<std::uint32_t>(header,
                                   entry.zip64 ? too_big_32 : clamp_32(entry.compressed_size));
  put_little_endian<std::uint32_t>(header, entry.zip64 ? too_big_32 : clamp_32(entry.size));
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
  emit(bytes_of(header));
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
  emit(bytes_of(end));
}

void write_zip(std::vector<ZipInput> inputs, const ZipOutput& output, const ZipSettings& settings) {
  add_implied_folders(inputs);
  std::ranges::sort(inputs, {}, zip_name);
  ZipWriter writer(output, settings);
  for (const ZipInput& input : inputs) writer.add(input);
  writer.finish();
}

std::string zip_bytes(std::vector<ZipInput> inputs, const ZipSettings& settings) {
  std::string zip;
  write_zip(std::move(inputs),
            {.append = [&zip](std::span<const std::byte> bytes) { zip += text_of(bytes); },
             .patch =
                 [&zip](std::uint64_t offset, std::span<const std::byte> bytes) {
                   zip.replace(offset, bytes.size(), text_of(bytes));
                 }},
            settings);
  return zip;
}

std::string zip_bytes(std::vector<ZipInput> inputs, ZipPacking packing) {
  return zip_bytes(std::move(inputs), ZipSettings{.packing = packing});
}

void zip_to_file(std::vector<ZipInput> inputs, const std::filesystem::path& path,
                 ZipPacking packing) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  file::NewFile target(folder / fmt::format(".{}.{}.part", path.filename().string(), ::getpid()));
  write_zip(
      std::move(inputs),
      {.append = [&target](std::span<const std::byte> bytes) { target.write(bytes); },
       .patch = [&target](std::uint64_t offset,
                          std::span<const std::byte> bytes) { target.overwrite(offset, bytes); }},
      {.packing = packing});
  target.rename_to(path);
}

}  // namespace archives
