// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "archives/sink.hpp"

namespace archives {

// Inflates a gzip stream of any number of members (RFC 1952), as pigz and eStargz write them.
class Gunzip {
 public:
  explicit Gunzip(Sink sink);
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // False when the stream is damaged; nothing can be fed after that.
  bool feed(std::span<const std::byte> bytes);

  // All that was fed ended with a member's checksum.
  bool is_whole() const;

 private:
  struct State;
  Sink sink_;
  std::unique_ptr<State> state_;
};

}  // namespace archives
