// SPDX-License-Identifier: Apache-2.0
#include "archives/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"

namespace archives {

struct Gunzip::State {
  z_stream stream{};
  bool ended = false;  // a member; another may follow
  std::vector<Bytef> output = std::vector<Bytef>(256U << 10U);
};

Gunzip::Gunzip(Sink sink) : sink_(std::move(sink)), state_(std::make_unique<State>()) {
  if (inflateInit2(&state_->stream, 16 + MAX_WBITS) != Z_OK) {
    throw base::Error(base::Kind::internal, "start inflate");
  }
}

Gunzip::~Gunzip() { inflateEnd(&state_->stream); }

bool Gunzip::feed(std::span<const std::byte> bytes) {
  constexpr std::size_t most = 1U << 30U;  // zlib counts in 32 bits
  z_stream& stream = state_->stream;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), most));
    // zlib only reads them; its declaration is older than const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
    stream.avail_in = static_cast<uInt>(piece.size());
    do {
      if (state_->ended && stream.avail_in > 0) {
        inflateReset(&stream);
        state_->ended = false;
      }
      stream.next_out = state_->output.data();
      stream.avail_out = static_cast<uInt>(state_->output.size());
      const int result = inflate(&stream, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
      const std::size_t count = state_->output.size() - stream.avail_out;
      if (count > 0) sink_(std::as_bytes(std::span(state_->output.data(), count)));
      state_->ended = result == Z_STREAM_END;
    } while (stream.avail_in > 0 || (!state_->ended && stream.avail_out == 0));
    bytes = bytes.subspan(piece.size());
  }
  return true;
}

bool Gunzip::is_whole() const { return state_->ended; }

}  // namespace archives
