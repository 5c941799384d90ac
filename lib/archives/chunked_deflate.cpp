// SPDX-License-Identifier: Apache-2.0
#include "archives/chunked_deflate.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <deque>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace archives {
namespace {

// An empty last block with fixed codes.
constexpr std::string_view last_block("\x03\0", 2);

// Input and output of a chunk are held while it is in flight: 2 MiB each.
constexpr std::size_t most_in_flight = 8;

using Bytes = std::vector<std::byte>;

struct Packed {
  Bytes bytes;
  std::uint32_t crc = 0;
  std::size_t size = 0;  // of the input
};

unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Packed packed(Bytes& chunk, Bytes& level_buffer) {
  Packed result;
  result.size = chunk.size();
  // Stored blocks add 5 bytes per 64 KiB; the flush adds 5 more.
  result.bytes.resize(chunk.size() + (chunk.size() >> 10U) + 1024);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.next_in = raw(chunk);
  stream.avail_in = static_cast<std::uint32_t>(chunk.size());
  stream.next_out = raw(result.bytes);
  stream.avail_out = static_cast<std::uint32_t>(result.bytes.size());
  stream.level = 1;
  stream.level_buf = raw(level_buffer);
  stream.level_buf_size = static_cast<std::uint32_t>(level_buffer.size());
  stream.flush = FULL_FLUSH;
  stream.end_of_stream = 0;
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) {
    throw base::Error(base::Kind::internal, "compress a chunk: the output did not fit");
  }
  result.bytes.resize(stream.total_out);
  result.crc = crc32_gzip_refl(0, raw(chunk), chunk.size());
  return result;
}

std::size_t chunks_in_flight() {
  return std::clamp<std::size_t>(2 * std::size_t{std::thread::hardware_concurrency()}, 2,
                                 most_in_flight);
}

}  // namespace

struct ChunkedDeflate::State {
  Bytes chunk;
  std::deque<std::future<Packed>> in_flight;  // in the order of the input
  std::size_t most = chunks_in_flight();
  Bytes level_buffer = Bytes(ISAL_DEF_LVL1_DEFAULT);
  Totals totals;

  void give(const Packed& result, const Sink& sink) {
    totals.crc = totals.size == 0 ? result.crc
                                  : static_cast<std::uint32_t>(crc32_combine(
                                        totals.crc, result.crc, static_cast<z_off_t>(result.size)));
    totals.size += result.size;
    totals.compressed_size += result.bytes.size();
    sink(result.bytes);
  }

  void give_first(const Sink& sink) {
    const Packed result = in_flight.front().get();
    in_flight.pop_front();
    give(result, sink);
  }

  void start() {
    in_flight.push_back(std::async(
        std::launch::async,
        [](Bytes input) {
          Bytes buffer(ISAL_DEF_LVL1_DEFAULT);
          return packed(input, buffer);
        },
        std::exchange(chunk, {})));
  }
};

ChunkedDeflate::ChunkedDeflate() : state_(std::make_unique<State>()) {}
ChunkedDeflate::~ChunkedDeflate() = default;
ChunkedDeflate::ChunkedDeflate(ChunkedDeflate&&) noexcept = default;
ChunkedDeflate& ChunkedDeflate::operator=(ChunkedDeflate&&) noexcept = default;

void ChunkedDeflate::write(std::span<const std::byte> bytes, const Sink& sink) {
  State& state = *state_;
  while (!bytes.empty()) {
    // A full chunk leaves only when more comes, so that an input of one chunk starts no thread.
    if (state.chunk.size() == deflate_chunk) {
      if (state.in_flight.size() >= state.most) state.give_first(sink);
      state.start();
    }
    const std::size_t count = std::min(bytes.size(), deflate_chunk - state.chunk.size());
    if (!state.in_flight.empty()) state.chunk.reserve(deflate_chunk);
    state.chunk.insert(state.chunk.end(), bytes.begin(),
                       bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
}

ChunkedDeflate::Totals ChunkedDeflate::finish(const Sink& sink) {
  State& state = *state_;
  while (!state.in_flight.empty()) state.give_first(sink);
  if (!state.chunk.empty()) state.give(packed(state.chunk, state.level_buffer), sink);
  state.chunk.clear();
  sink(bytes_of(last_block));
  state.totals.compressed_size += last_block.size();
  return std::exchange(state.totals, {});
}

}  // namespace archives
