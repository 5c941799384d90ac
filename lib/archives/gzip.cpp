// SPDX-License-Identifier: Apache-2.0
#include "archives/gzip.hpp"

#include <string>
#include <utility>

#include "archives/little_endian.hpp"

namespace archives {
namespace {

// Method deflate, no flags, time 0, no extra flags, unknown system.
constexpr std::string_view header("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);

}  // namespace

GzipWriter::GzipWriter(Sink sink) : sink_(std::move(sink)) { sink_(bytes_of(header)); }

void GzipWriter::write(std::span<const std::byte> bytes) { deflate_.write(bytes, sink_); }

void GzipWriter::finish() {
  const auto totals = deflate_.finish(sink_);
  std::string trailer;
  put_little_endian<std::uint32_t>(trailer, totals.crc);
  put_little_endian<std::uint32_t>(trailer, static_cast<std::uint32_t>(totals.size & 0xffffffffU));
  sink_(bytes_of(trailer));
}

}  // namespace archives
