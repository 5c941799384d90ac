// SPDX-License-Identifier: Apache-2.0
#include "archives/zip_reader.hpp"

#include <fmt/core.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "archives/entry_name.hpp"
#include "archives/little_endian.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"

namespace archives {
namespace {

constexpr std::uint32_t local_header_signature = 0x04034b50;
constexpr std::uint32_t directory_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t zip64_end_signature = 0x06064b50;
constexpr std::uint32_t zip64_locator_signature = 0x07064b50;

constexpr std::size_t local_header_size = 30;
constexpr std::size_t directory_header_size = 46;
constexpr std::size_t end_size = 22;
constexpr std::size_t zip64_end_size = 56;
constexpr std::size_t zip64_locator_size = 20;
constexpr std::size_t longest_comment = 0xffff;

constexpr std::uint16_t encrypted_flag = 1;
constexpr char made_by_unix = 3;
constexpr std::uint32_t moved_to_zip64 = 0xffffffff;
constexpr std::size_t chunk_size = 256U << 10U;

[[noreturn]] void refuse(const std::string& zip, std::string_view why) {
  throw base::Error(base::Kind::integrity, fmt::format("read {}: {}", zip, why),
                    "the file is damaged or no zip; build or copy it again");
}

std::size_t read_some(const file::UniqueFd& fd, std::span<char> buffer, std::uint64_t offset,
                      const std::string& zip) {
  return file::read_at(fd, offset, buffer, "read " + zip);
}

// The comment may hold the signature too, so a match counts only when its own comment reaches
// exactly to the end.
std::optional<std::size_t> find_end_record(std::string_view tail) {
  if (tail.size() < end_size) return std::nullopt;
  for (std::size_t at = tail.size() - end_size + 1; at-- > 0;) {
    if (little_endian<std::uint32_t>(tail, at) != end_signature) continue;
    if (at + end_size + little_endian<std::uint16_t>(tail, at + 20) == tail.size()) return at;
  }
  return std::nullopt;
}

// `tail` begins at offset `base` of the zip.
DirectoryPlace place_of(std::string_view tail, std::size_t at, std::uint64_t base) {
  return {.entries = little_endian<std::uint16_t>(tail, at + 10),
          .size = little_endian<std::uint32_t>(tail, at + 12),
          .stated_offset = little_endian<std::uint32_t>(tail, at + 16),
          .end = base + at};
}

bool needs_zip64(const DirectoryPlace& place) {
  return place.entries == 0xffff || place.size == moved_to_zip64 ||
         place.stated_offset == moved_to_zip64;
}

// Replaces what the entry's plain fields say to be in its zip64 extra field. False when the field
// is needed but absent or too short.
bool apply_zip64(std::string_view extra, ZipEntry& entry) {
  const bool wants_size = entry.size == moved_to_zip64;
  const bool wants_compressed = entry.compressed_size == moved_to_zip64;
  const bool wants_offset = entry.header_offset == moved_to_zip64;
  if (!wants_size && !wants_compressed && !wants_offset) return true;
  while (extra.size() >= 4) {
    const auto id = little_endian<std::uint16_t>(extra, 0);
    const std::size_t length = little_endian<std::uint16_t>(extra, 2);
    extra.remove_prefix(4);
    if (length > extra.size()) return false;
    if (id != 1) {
      extra.remove_prefix(length);
      continue;
    }
    std::string_view field = extra.substr(0, length);
    const auto take = [&field](std::uint64_t& number) {
      if (field.size() < 8) return false;
      number = little_endian<std::uint64_t>(field, 0);
      field.remove_prefix(8);
      return true;
    };
    return (!wants_size || take(entry.size)) &&
           (!wants_compressed || take(entry.compressed_size)) &&
           (!wants_offset || take(entry.header_offset));
  }
  return false;
}

// Takes one record off the front of the directory.
ZipEntry take_entry(std::string_view& directory, const std::string& zip) {
  if (directory.size() < directory_header_size ||
      little_endian<std::uint32_t>(directory, 0) != directory_signature) {
    refuse(zip, "its directory is broken");
  }
  const std::size_t name_size = little_endian<std::uint16_t>(directory, 28);
  const std::size_t extra_size = little_endian<std::uint16_t>(directory, 30);
  const std::size_t size =
      directory_header_size + name_size + extra_size + little_endian<std::uint16_t>(directory, 32);
  if (directory.size() < size) refuse(zip, "its directory is cut off");

  ZipEntry entry{.name = std::string(directory.substr(directory_header_size, name_size)),
                 .crc = little_endian<std::uint32_t>(directory, 16),
                 .size = little_endian<std::uint32_t>(directory, 24),
                 .compressed_size = little_endian<std::uint32_t>(directory, 20),
                 .header_offset = little_endian<std::uint32_t>(directory, 42)};
  if (const char* fault = find_name_fault(entry.name)) {
    refuse(zip, fmt::format("the name \"{}\" {}", entry.name, fault));
  }
  if ((little_endian<std::uint16_t>(directory, 8) & encrypted_flag) != 0) {
    refuse(zip, fmt::format("{} is encrypted", entry.name));
  }
  const auto method = little_endian<std::uint16_t>(directory, 10);
  if (method != 0 && method != 8) {
    refuse(zip, fmt::format("{} uses compression method {}", entry.name, method));
  }
  entry.method = static_cast<ZipMethod>(method);
  if (directory[5] == made_by_unix) entry.mode = little_endian<std::uint16_t>(directory, 40);
  if (!apply_zip64(directory.substr(directory_header_size + name_size, extra_size), entry)) {
    refuse(zip, fmt::format("{} has no valid zip64 field", entry.name));
  }
  if (entry.method == ZipMethod::stored && entry.size != entry.compressed_size) {
    refuse(zip, fmt::format("{} is stored with two different sizes", entry.name));
  }
  directory.remove_prefix(size);
  return entry;
}

// ISA-L's inflate, twice as fast as zlib's, as a raw deflate stream whose output is counted and
// checked.
class Inflater {
 public:
  explicit Inflater(std::uint64_t most)
      : state_(std::make_unique_for_overwrite<inflate_state>()),
        most_(most),
        // One byte more, so that a stream that is too long shows.
        room_(std::min<std::uint64_t>(most, chunk_size - 1) + 1),
        output_(std::make_unique_for_overwrite<std::uint8_t[]>(room_)) {
    isal_inflate_init(state_.get());
  }

  // False when the stream is broken, gives too much, or ends before its input does.
  bool feed(std::span<char> input, const Sink& sink) {
    state_->next_in = reinterpret_cast<std::uint8_t*>(input.data());
    state_->avail_in = static_cast<std::uint32_t>(input.size());
    while (!ended()) {
      state_->next_out = output_.get();
      state_->avail_out = static_cast<std::uint32_t>(room_);
      if (isal_inflate(state_.get()) < 0) return false;
      const std::size_t count = room_ - state_->avail_out;
      produced_ += count;
      if (produced_ > most_) return false;
      if (count > 0) sink(std::as_bytes(std::span(output_.get(), count)));
      if (!ended() && state_->avail_out > 0) return state_->avail_in == 0;
    }
    // What it has taken beyond the stream's end lies in its bit buffer.
    return state_->avail_in == 0 && state_->read_in_length < 8;
  }

  bool ended() const { return state_->block_state == ISAL_BLOCK_FINISH; }

 private:
  std::unique_ptr<inflate_state> state_;
  std::uint64_t most_;
  std::uint64_t produced_ = 0;
  std::size_t room_;
  std::unique_ptr<std::uint8_t[]> output_;
};

}  // namespace

ZipReader::ZipReader(const std::filesystem::path& path, const ZipLimits& limits)
    : name_(path.string()), own_fd_(file::open_for_reading(path)), fd_(&own_fd_) {
  window_ = {.offset = 0, .size = file::snapshot(own_fd_).size};
  load(limits);
}

ZipReader::ZipReader(const ZipReader& outer, const ByteRange& range, std::string name,
                     const ZipLimits& limits)
    : name_(std::move(name)), fd_(outer.fd_), window_(range) {
  load(limits);
}

std::string ZipReader::read_range(const ByteRange& range, std::string_view what) const {
  if (range.offset > window_.size || range.size > window_.size - range.offset) {
    refuse(name_, fmt::format("{} lies beyond the end of the file", what));
  }
  std::string bytes(range.size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::size_t count = read_some(*fd_, std::span(bytes).subspan(done),
                                        window_.offset + range.offset + done, name_);
    if (count == 0) refuse(name_, fmt::format("{} ends early", what));
    done += count;
  }
  return bytes;
}

// The directory's place from the end record, and from zip64's where that one is needed.
DirectoryPlace ZipReader::find_directory() const {
  const std::uint64_t tail_size =
      std::min<std::uint64_t>(window_.size, end_size + longest_comment + zip64_locator_size);
  const std::uint64_t tail_offset = window_.size - tail_size;
  const std::string tail = read_range({tail_offset, tail_size}, "its end");
  const auto end_at = find_end_record(tail);
  if (!end_at) refuse(name_, "no zip end record");
  const DirectoryPlace place = place_of(tail, *end_at, tail_offset);
  const bool has_locator =
      *end_at >= zip64_locator_size &&
      little_endian<std::uint32_t>(tail, *end_at - zip64_locator_size) == zip64_locator_signature;
  if (!has_locator || !needs_zip64(place)) return place;

  // Right before the locator, where all writers put it: the stated offset is wrong when a launch
  // script was put in front.
  const std::uint64_t locator = place.end - zip64_locator_size;
  if (locator < zip64_end_size) refuse(name_, "no room for its zip64 end record");
  const std::string record =
      read_range({locator - zip64_end_size, zip64_end_size}, "its zip64 end record");
  if (little_endian<std::uint32_t>(record, 0) != zip64_end_signature) {
    refuse(name_, "no zip64 end record where one belongs");
  }
  return {.entries = little_endian<std::uint64_t>(record, 32),
          .size = little_endian<std::uint64_t>(record, 40),
          .stated_offset = little_endian<std::uint64_t>(record, 48),
          .end = locator - zip64_end_size};
}

void ZipReader::load(const ZipLimits& limits) {
  const DirectoryPlace place = find_directory();
  if (place.entries > limits.entries) {
    refuse(name_, fmt::format("{} entries, more than {}", place.entries, limits.entries));
  }
  if (place.size > limits.directory_bytes || place.size > place.end) {
    refuse(name_, fmt::format("a directory of {} bytes", place.size));
  }
  const std::uint64_t directory_offset = place.end - place.size;
  if (place.stated_offset > directory_offset) refuse(name_, "its directory lies beyond its end");
  const std::uint64_t script = directory_offset - place.stated_offset;

  const std::string directory = read_range({directory_offset, place.size}, "its directory");
  std::string_view rest = directory;
  std::uint64_t total = 0;
  entries_.reserve(place.entries);
  for (std::uint64_t i = 0; i < place.entries; ++i) {
    ZipEntry entry = take_entry(rest, name_);
    if (entry.size > limits.total_bytes - total) {
      refuse(name_, fmt::format("its entries unpack to more than {} bytes", limits.total_bytes));
    }
    total += entry.size;
    if (entry.header_offset > directory_offset) {
      refuse(name_, fmt::format("{} lies beyond the end of the file", entry.name));
    }
    entry.header_offset += script;
    entries_.push_back(std::move(entry));
  }
  for (const ZipEntry& entry : entries_) {
    std::string_view plain = entry.name;
    if (entry.is_directory()) plain.remove_suffix(1);
    if (!by_name_.emplace(plain, &entry).second) {
      refuse(name_, fmt::format("{} is in it twice", entry.name));
    }
  }
  refuse_files_as_folders();
  refuse_overlaps(directory_offset);
}

void ZipReader::refuse_files_as_folders() const {
  std::string_view last;  // neighbours share their folder
  for (const ZipEntry& entry : entries_) {
    std::string_view folder = entry.name;
    if (entry.is_directory()) folder.remove_suffix(1);
    const auto slash = folder.rfind('/');
    if (slash == std::string_view::npos || folder.substr(0, slash) == last) continue;
    last = folder = folder.substr(0, slash);
    while (!folder.empty()) {
      const auto found = by_name_.find(folder);
      if (found != by_name_.end() && !found->second->is_directory()) {
        refuse(name_, fmt::format("{} is both a file and a folder", folder));
      }
      const auto up = folder.rfind('/');
      folder = folder.substr(0, up == std::string_view::npos ? 0 : up);
    }
  }
}

void ZipReader::refuse_overlaps(std::uint64_t directory_offset) const {
  std::vector<const ZipEntry*> in_order;
  in_order.reserve(entries_.size());
  for (const ZipEntry& entry : entries_) in_order.push_back(&entry);
  std::ranges::sort(in_order, {}, &ZipEntry::header_offset);
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    const ZipEntry& entry = *in_order[i];
    const std::uint64_t next =
        i + 1 < in_order.size() ? in_order[i + 1]->header_offset : directory_offset;
    if (entry.compressed_size > directory_offset ||
        entry.header_offset + local_header_size + entry.name.size() + entry.compressed_size >
            next) {
      refuse(name_, fmt::format("{} overlaps what follows it", entry.name));
    }
  }
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const bool directory = name.ends_with('/');
  if (directory) name.remove_suffix(1);
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || found->second->is_directory() != directory) return nullptr;
  return found->second;
}

ByteRange ZipReader::range(const ZipEntry& entry) const {
  const std::string header =
      read_range({entry.header_offset, local_header_size + entry.name.size()}, entry.name);
  if (little_endian<std::uint32_t>(header, 0) != local_header_signature ||
      std::string_view(header).substr(local_header_size) != entry.name ||
      little_endian<std::uint16_t>(header, 26) != entry.name.size() ||
      little_endian<std::uint16_t>(header, 8) != static_cast<std::uint16_t>(entry.method)) {
    refuse(name_, fmt::format("{} has another header than the directory says", entry.name));
  }
  const std::uint64_t begin =
      entry.header_offset + header.size() + little_endian<std::uint16_t>(header, 28);
  if (begin > window_.size || entry.compressed_size > window_.size - begin) {
    refuse(name_, fmt::format("{} lies beyond the end of the file", entry.name));
  }
  return {.offset = window_.offset + begin, .size = entry.compressed_size};
}

void ZipReader::read(const ZipEntry& entry, const Sink& sink) const {
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  const Sink checked = [&](std::span<const std::byte> bytes) {
    // Several times as fast as zlib's.
    crc = crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    size += bytes.size();
    sink(bytes);
  };

  ByteRange rest = range(entry);
  std::optional<Inflater> inflater;
  if (entry.method == ZipMethod::deflated) inflater.emplace(entry.size);
  const std::size_t piece = std::min<std::uint64_t>(chunk_size, rest.size);
  const auto buffer = std::make_unique_for_overwrite<char[]>(piece);
  while (rest.size > 0) {
    const std::span<char> wanted(buffer.get(), std::min<std::uint64_t>(piece, rest.size));
    const std::size_t count = read_some(*fd_, wanted, rest.offset, name_);
    if (count == 0) refuse(name_, fmt::format("{} ends early", entry.name));
    if (!inflater) {
      checked(std::as_bytes(wanted.first(count)));
    } else if (!inflater->feed(wanted.first(count), checked)) {
      refuse(name_, fmt::format("{} cannot be inflated to its {} bytes", entry.name, entry.size));
    }
    rest.offset += count;
    rest.size -= count;
  }
  if (inflater && !inflater->ended()) refuse(name_, fmt::format("{} ends early", entry.name));
  if (size != entry.size) {
    refuse(name_,
           fmt::format("{} has {} bytes, its directory says {}", entry.name, size, entry.size));
  }
  if (crc != entry.crc) {
    refuse(name_,
           fmt::format("{} has CRC {:08x}, its directory says {:08x}", entry.name, crc, entry.crc));
  }
}

std::string ZipReader::read(const ZipEntry& entry, std::uint64_t cap) const {
  if (entry.size > cap) {
    refuse(name_, fmt::format("{} has {} bytes, more than {}", entry.name, entry.size, cap));
  }
  std::string content;
  content.reserve(entry.size);
  read(entry, [&content](std::span<const std::byte> bytes) {
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return content;
}

}  // namespace archives
