// SPDX-License-Identifier: Apache-2.0
#include "archives/tar_writer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "archives/entry_name.hpp"
#include "base/error.hpp"

namespace archives {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::size_t longest_name = 100;
constexpr std::uint64_t largest_octal_size = 077777777777;
constexpr std::array<std::byte, block_size> zeros{};

bool fits(std::string_view name) {
  return name.size() <= longest_name &&
         std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

// What an old reader without PAX sees instead.
std::string fallback_name(std::string_view name) {
  std::string shown(name.substr(name.size() > longest_name ? name.size() - longest_name : 0));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '_';
  }
  return shown;
}

// "LENGTH key=value\n", where LENGTH counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + std::to_string(rest).size();
  if (rest + std::to_string(length).size() != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

void put(std::array<char, block_size>& header, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
}

void put_octal(std::array<char, block_size>& header, std::size_t at, std::size_t width,
               std::uint64_t number) {
  put(header, at, fmt::format("{:0{}o}", number, width - 1));
}

}  // namespace

void TarWriter::emit_header(const TarEntry& entry, char type, std::string_view name,
                            std::string_view target) {
  std::array<char, block_size> header{};
  put(header, 0, name);
  put_octal(header, 100, 8, entry.mode);
  put_octal(header, 108, 8, entry.uid);
  put_octal(header, 116, 8, entry.gid);
  put_octal(header, 124, 12, entry.size > largest_octal_size ? 0 : entry.size);
  put_octal(header, 136, 12, static_cast<std::uint64_t>(std::max<std::int64_t>(entry.mtime, 0)));
  put(header, 148, "        ");
  header[156] = type;
  put(header, 157, target);
  put(header, 257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  sink_(std::as_bytes(std::span(header)));
}

void TarWriter::emit_pax(const TarEntry& entry, std::string_view name, std::string_view target) {
  std::string records;
  if (!fits(target)) records += pax_record("linkpath", target);
  if (!fits(name)) records += pax_record("path", name);
  if (entry.size > largest_octal_size) records += pax_record("size", std::to_string(entry.size));
  if (records.empty()) return;
  TarEntry header{.size = records.size(), .mtime = entry.mtime};
  emit_header(header, 'x', "PaxHeader", {});
  sink_(bytes_of(records));
  const std::size_t over = records.size() % block_size;
  if (over != 0) sink_(std::span(zeros).first(block_size - over));
}

void TarWriter::begin(const TarEntry& entry) {
  end_content();
  if (const char* fault = find_name_fault(entry.path)) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("write tar entry {}: the name {}", entry.path, fault));
  }
  TarEntry plain = entry;
  std::string name = entry.path;
  char type = '0';
  if (entry.kind == TarKind::directory) {
    type = '5';
    if (!name.ends_with('/')) name += '/';
  } else if (entry.kind == TarKind::symlink) {
    type = '2';
  }
  if (entry.kind != TarKind::regular) plain.size = 0;
  const std::string target = entry.kind == TarKind::symlink ? entry.link_target : std::string();
  emit_pax(plain, name, target);
  emit_header(plain, type, fits(name) ? name : fallback_name(name),
              fits(target) ? target : fallback_name(target));
  missing_ = plain.size;
  padding_ = (block_size - plain.size % block_size) % block_size;
}

void TarWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > missing_) {
    throw base::Error(base::Kind::internal, "write tar: more bytes than the entry's size");
  }
  missing_ -= bytes.size();
  sink_(bytes);
}

void TarWriter::add(TarEntry entry, std::string_view content) {
  if (entry.kind == TarKind::regular) entry.size = content.size();
  begin(entry);
  if (entry.kind == TarKind::regular) write(bytes_of(content));
}

void TarWriter::end_content() {
  if (missing_ != 0) {
    throw base::Error(base::Kind::internal, "write tar: fewer bytes than the entry's size");
  }
  if (padding_ != 0) sink_(std::span(zeros).first(padding_));
  padding_ = 0;
}

void TarWriter::finish() {
  end_content();
  sink_(zeros);
  sink_(zeros);
}

}  // namespace archives
