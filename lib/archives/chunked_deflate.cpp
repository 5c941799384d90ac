// SPDX-License-Identifier: Apache-2.0
#include "archives/chunked_deflate.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
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

unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// A chunk on its way: its input, and what became of it.
struct Slot {
  Bytes input;
  Bytes output;
  Bytes level_buffer;
  std::size_t packed = 0;  // bytes of `output` that count
  std::uint32_t crc = 0;
};

using SlotPointer = std::unique_ptr<Slot>;

// Slots between their chunks, of all streams of the process: fresh pages cost as much as
// compressing them does.
class IdleSlots {
 public:
  IdleSlots() { slots_.reserve(most_in_flight); }

  SlotPointer take() {
    const std::lock_guard lock(mutex_);
    if (slots_.empty()) return std::make_unique<Slot>();
    SlotPointer slot = std::move(slots_.back());
    slots_.pop_back();
    return slot;
  }

  void give_back(SlotPointer slot) {
    slot->input.clear();
    const std::lock_guard lock(mutex_);
    if (slots_.size() < most_in_flight) slots_.push_back(std::move(slot));
  }

 private:
  std::mutex mutex_;
  std::vector<SlotPointer> slots_;
};

IdleSlots& idle_slots() {
  static IdleSlots slots;
  return slots;
}

void pack(Slot& slot) {
  // Stored blocks add 5 bytes per 64 KiB; the flush adds 5 more.
  const std::size_t most = slot.input.size() + (slot.input.size() >> 10U) + 1024;
  if (slot.output.size() < most) slot.output.resize(most);
  slot.level_buffer.resize(ISAL_DEF_LVL1_DEFAULT);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.next_in = raw(slot.input);
  stream.avail_in = static_cast<std::uint32_t>(slot.input.size());
  stream.next_out = raw(slot.output);
  stream.avail_out = static_cast<std::uint32_t>(slot.output.size());
  stream.level = 1;
  stream.level_buf = raw(slot.level_buffer);
  stream.level_buf_size = static_cast<std::uint32_t>(slot.level_buffer.size());
  stream.flush = FULL_FLUSH;
  stream.end_of_stream = 0;
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) {
    throw base::Error(base::Kind::internal, "compress a chunk: the output did not fit");
  }
  slot.packed = stream.total_out;
  slot.crc = crc32_gzip_refl(0, raw(slot.input), slot.input.size());
}

std::size_t chunks_in_flight() {
  return std::clamp<std::size_t>(2 * std::size_t{std::thread::hardware_concurrency()}, 2,
                                 most_in_flight);
}

}  // namespace

struct ChunkedDeflate::State {
  SlotPointer current = idle_slots().take();
  std::deque<std::future<SlotPointer>> in_flight;  // in the order of the input
  std::size_t most = chunks_in_flight();
  Totals totals;

  void give(const Slot& slot, const Sink& sink) {
    totals.crc = totals.size == 0
                     ? slot.crc
                     : static_cast<std::uint32_t>(crc32_combine(
                           totals.crc, slot.crc, static_cast<z_off_t>(slot.input.size())));
    totals.size += slot.input.size();
    totals.compressed_size += slot.packed;
    sink(std::span(slot.output).first(slot.packed));
  }

  void give_first(const Sink& sink) {
    SlotPointer slot = in_flight.front().get();
    in_flight.pop_front();
    give(*slot, sink);
    idle_slots().give_back(std::move(slot));
  }

  void start() {
    in_flight.push_back(std::async(
        std::launch::async,
        [](SlotPointer slot) {
          pack(*slot);
          return slot;
        },
        std::move(current)));
    current = idle_slots().take();
    current->input.reserve(deflate_chunk);
  }
};

ChunkedDeflate::ChunkedDeflate() : state_(std::make_unique<State>()) {}
ChunkedDeflate::~ChunkedDeflate() {
  if (state_) idle_slots().give_back(std::move(state_->current));
}
ChunkedDeflate::ChunkedDeflate(ChunkedDeflate&&) noexcept = default;
ChunkedDeflate& ChunkedDeflate::operator=(ChunkedDeflate&&) noexcept = default;

void ChunkedDeflate::write(std::span<const std::byte> bytes, const Sink& sink) {
  State& state = *state_;
  while (!bytes.empty()) {
    // A full chunk leaves only when more comes, so that an input of one chunk starts no thread.
    if (state.current->input.size() == deflate_chunk) {
      if (state.in_flight.size() >= state.most) state.give_first(sink);
      state.start();
    }
    Bytes& chunk = state.current->input;
    const std::size_t count = std::min(bytes.size(), deflate_chunk - chunk.size());
    chunk.insert(chunk.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
}

ChunkedDeflate::Totals ChunkedDeflate::finish(const Sink& sink) {
  State& state = *state_;
  while (!state.in_flight.empty()) state.give_first(sink);
  if (!state.current->input.empty()) {
    pack(*state.current);
    state.give(*state.current, sink);
    state.current->input.clear();
  }
  sink(bytes_of(last_block));
  state.totals.compressed_size += last_block.size();
  return std::exchange(state.totals, {});
}

}  // namespace archives
