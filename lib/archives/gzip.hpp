// SPDX-License-Identifier: Apache-2.0
//
// A gzip stream (RFC 1952) whose bytes depend on its input alone: no name, time 0, and the deflate
// stream of chunked_deflate.hpp.
#pragma once

#include <cstdint>

#include "archives/chunked_deflate.hpp"
#include "archives/sink.hpp"

namespace archives {

// Names the compressor in keys of what is kept: other bytes need another name.
inline constexpr const char* gzip_format = "isal1-1m";

class GzipWriter {
 public:
  explicit GzipWriter(Sink sink);

  void write(std::span<const std::byte> bytes);
  void finish();  // call it once, last

 private:
  Sink sink_;
  ChunkedDeflate deflate_;
};

}  // namespace archives
