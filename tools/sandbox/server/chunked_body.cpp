// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/chunked_body.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "sandbox/server/fault.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

constexpr std::size_t buffer_size = 1U << 16U;
constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_trailers = 64;

[[noreturn]] void incomplete(std::string_view what) {
  throw Fault(400, "IncompleteBody", fmt::format("The chunked body is broken: {}", what));
}

}  // namespace

ChunkedBody::ChunkedBody(Body& source) : source_(source), buffer_(buffer_size) {}

ChunkedBody::ChunkedBody(Body& source, Signature seed)
    : source_(source),
      seed_(std::move(seed)),
      previous_signature_(seed_->value),
      buffer_(buffer_size) {}

bool ChunkedBody::refill() {
  begin_ = 0;
  end_ = source_.read(buffer_);
  return end_ > 0;
}

// Large pieces go past the buffer.
std::size_t ChunkedBody::take(std::span<char> into) {
  if (begin_ == end_ && into.size() >= buffer_.size()) return source_.read(into);
  if (begin_ == end_ && !refill()) return 0;
  const auto count = std::min(into.size(), end_ - begin_);
  std::copy_n(&buffer_[begin_], count, into.data());
  begin_ += count;
  return count;
}

std::string ChunkedBody::take_line() {
  std::string line;
  while (!line.ends_with("\r\n")) {
    if (line.size() > longest_line || (begin_ == end_ && !refill()))
      incomplete("a line has no end");
    line += buffer_[begin_++];
  }
  line.resize(line.size() - 2);
  return line;
}

// "10000;chunk-signature=ad80…" or just "10000".
void ChunkedBody::begin_chunk() {
  const auto line = take_line();
  const auto halves = text::cut(line, ";");
  const auto digits = halves ? halves->first : std::string_view(line);
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (error != std::errc() || stop != digits.data() + digits.size()) incomplete("a chunk size");
  constexpr std::string_view key = "chunk-signature=";
  chunk_signature_.clear();
  if (halves && halves->second.starts_with(key)) {
    chunk_signature_ = halves->second.substr(key.size());
  }
}

// Every chunk signs the signature before it, so that none can be dropped or moved.
void ChunkedBody::check_signature() {
  if (!seed_) return;
  const auto digest = std::exchange(chunk_digest_, crypto::Sha256()).finish_hex();
  const auto string_to_sign =
      fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", seed_->timestamp, seed_->scope,
                  previous_signature_, crypto::sha256_hex(""), digest);
  previous_signature_ = signature_of(seed_->key, string_to_sign);
  if (!crypto::equal_in_constant_time(previous_signature_, chunk_signature_)) {
    throw Fault(403, "SignatureDoesNotMatch", "The signature of a chunk does not match its data");
  }
}

void ChunkedBody::end_chunk() {
  check_signature();
  if (!take_line().empty()) incomplete("a chunk is longer than its size says");
}

void ChunkedBody::read_trailers() {
  // S3's own example ends with the last chunk's empty line, some clients leave that one out.
  while (begin_ != end_ || refill()) {
    const auto line = take_line();
    if (line.empty()) return;
    const auto pair = text::cut(line, ":");
    if (!pair || trailers_.size() == most_trailers) incomplete("a trailer without a colon");
    trailers_.emplace_back(text::lower(pair->first), text::trim(pair->second));
  }
}

std::size_t ChunkedBody::read(std::span<char> into) {
  if (ended_) return 0;
  if (left_ == 0) begin_chunk();
  if (left_ == 0) {
    check_signature();
    read_trailers();
    ended_ = true;
    return 0;
  }
  const auto count = take(into.first(std::min(into.size(), left_)));
  if (count == 0) incomplete("a chunk is shorter than its size says");
  if (seed_) chunk_digest_.update(std::string_view(into.data(), count));
  left_ -= count;
  if (left_ == 0) end_chunk();
  return count;
}

}  // namespace sandbox
