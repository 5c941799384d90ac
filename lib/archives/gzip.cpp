// SPDX-License-Identifier: Apache-2.0
#include "archives/gzip.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <vector>

#include "archives/little_endian.hpp"
#include "base/error.hpp"

namespace archives {
namespace {

constexpr std::size_t chunk_size = 1U << 20U;
// Stored blocks add 5 bytes per 64 KiB; the flush adds 5 more.
constexpr std::size_t most_output = chunk_size + (chunk_size >> 10U) + 1024;

// Method deflate, no flags, time 0, no extra flags, unknown system.
constexpr std::string_view header("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
// An empty last block with fixed codes.
constexpr std::string_view last_block("\x03\0", 2);

unsigned char* raw(std::vector<std::byte>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

struct GzipWriter::State {
  explicit State(Sink taker) : sink(std::move(taker)) { chunk.reserve(chunk_size); }

  Sink sink;
  std::vector<std::byte> chunk;
  std::vector<std::byte> output = std::vector<std::byte>(most_output);
  std::vector<std::byte> level_buffer = std::vector<std::byte>(ISAL_DEF_LVL1_DEFAULT);
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
};

GzipWriter::GzipWriter(Sink sink) : state_(std::make_unique<State>(std::move(sink))) {
  state_->sink(bytes_of(header));
}

GzipWriter::~GzipWriter() = default;
GzipWriter::GzipWriter(GzipWriter&&) noexcept = default;
GzipWriter& GzipWriter::operator=(GzipWriter&&) noexcept = default;

void GzipWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), chunk_size - state_->chunk.size());
    state_->chunk.insert(state_->chunk.end(), bytes.begin(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (state_->chunk.size() == chunk_size) flush_chunk();
  }
}

void GzipWriter::flush_chunk() {
  if (state_->chunk.empty()) return;
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.next_in = raw(state_->chunk);
  stream.avail_in = static_cast<std::uint32_t>(state_->chunk.size());
  stream.next_out = raw(state_->output);
  stream.avail_out = static_cast<std::uint32_t>(state_->output.size());
  stream.level = 1;
  stream.level_buf = raw(state_->level_buffer);
  stream.level_buf_size = static_cast<std::uint32_t>(state_->level_buffer.size());
  stream.flush = FULL_FLUSH;
  stream.end_of_stream = 0;
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) {
    throw base::Error(base::Kind::internal, "compress a layer: the output did not fit");
  }
  state_->crc = crc32_gzip_refl(state_->crc, raw(state_->chunk), state_->chunk.size());
  state_->size += state_->chunk.size();
  state_->sink(std::span(state_->output).first(stream.total_out));
  state_->chunk.clear();
}

void GzipWriter::finish() {
  flush_chunk();
  std::string trailer(last_block);
  put_little_endian<std::uint32_t>(trailer, state_->crc);
  put_little_endian<std::uint32_t>(trailer, static_cast<std::uint32_t>(state_->size & 0xffffffffU));
  state_->sink(bytes_of(trailer));
}

}  // namespace archives
