// SPDX-License-Identifier: Apache-2.0
//
// The framing that HTTP's Transfer-Encoding: chunked and S3's Content-Encoding: aws-chunked share:
//   10000;chunk-signature=ad80…\r\n <65536 bytes> \r\n 0;chunk-signature=…\r\n trailers \r\n
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "sandbox/server/body.hpp"
#include "sandbox/server/signature_check.hpp"

namespace sandbox {

class ChunkedBody final : public Body {
 public:
  // Reads from `source`, perhaps past the last chunk's end.
  explicit ChunkedBody(Body& source);

  // The same with chunks signed one after the other from `seed`.
  ChunkedBody(Body& source, Signature seed);

  // Throws IncompleteBody for broken framing, SignatureDoesNotMatch for a chunk under another
  // signature.
  std::size_t read(std::span<char> into) override;
  const Pairs& trailers() const override { return trailers_; }

 private:
  bool refill();
  std::size_t take(std::span<char> into);
  std::string take_line();
  void begin_chunk();
  void end_chunk();
  void check_signature();
  void read_trailers();

  Body& source_;
  std::optional<Signature> seed_;
  std::string previous_signature_;
  std::string chunk_signature_;
  crypto::Sha256 chunk_digest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what is in the buffer and was not taken yet
  std::size_t end_ = 0;
  std::size_t left_ = 0;  // of the chunk
  bool ended_ = false;
  Pairs trailers_;
};

}  // namespace sandbox
