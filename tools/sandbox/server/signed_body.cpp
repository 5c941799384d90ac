// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/signed_body.hpp"

#include <fmt/core.h>

#include <optional>
#include <string>
#include <utility>

#include "crypto/sha256.hpp"
#include "sandbox/server/chunked_body.hpp"
#include "sandbox/server/fault.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

class UnsignedBody final : public Body {
 public:
  explicit UnsignedBody(Body& raw) : raw_(raw) {}
  std::size_t read(std::span<char> into) override { return raw_.read(into); }

 private:
  Body& raw_;
};

class DigestBody final : public Body {
 public:
  DigestBody(Body& raw, std::string expected) : raw_(raw), expected_(std::move(expected)) {}

  std::size_t read(std::span<char> into) override {
    if (ended_) return 0;
    const auto count = raw_.read(into);
    if (count > 0) {
      digest_.update(std::string_view(into.data(), count));
      return count;
    }
    ended_ = true;
    const auto computed = digest_.finish_hex();
    if (computed == expected_) return 0;
    throw Fault(
        400, "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        {{"ClientComputedContentSHA256", expected_}, {"S3ComputedContentSHA256", computed}});
  }

 private:
  Body& raw_;
  std::string expected_;
  crypto::Sha256 digest_;
  bool ended_ = false;
};

// aws-chunked; its length without the framing is a header of its own.
class ChunkedObjectBody final : public Body {
 public:
  ChunkedObjectBody(std::unique_ptr<ChunkedBody> chunks, std::optional<std::uint64_t> length)
      : chunks_(std::move(chunks)), length_(length) {}

  std::size_t read(std::span<char> into) override {
    const auto count = chunks_->read(into);
    received_ += count;
    if (count == 0 && length_ != received_) {
      throw Fault(400, "IncompleteBody",
                  "x-amz-decoded-content-length is not the length of the chunks");
    }
    return count;
  }
  const Pairs& trailers() const override { return chunks_->trailers(); }

 private:
  std::unique_ptr<ChunkedBody> chunks_;
  std::optional<std::uint64_t> length_;
  std::uint64_t received_ = 0;
};

}  // namespace

std::unique_ptr<Body> signed_body(Body& raw, const Request& request, const Signature& signature) {
  const auto& payload = signature.payload;
  if (payload == unsigned_payload) return std::make_unique<UnsignedBody>(raw);
  if (payload.size() == 64 && text::is_lower_hex(payload)) {
    return std::make_unique<DigestBody>(raw, payload);
  }
  if (payload != chunked_signed && payload != chunked_unsigned) {
    throw Fault(400, "InvalidArgument",
                fmt::format("x-amz-content-sha256 must be {}, {}, {} or a sha256 value",
                            unsigned_payload, chunked_signed, chunked_unsigned));
  }
  auto chunks = payload == chunked_signed ? std::make_unique<ChunkedBody>(raw, signature)
                                          : std::make_unique<ChunkedBody>(raw);
  return std::make_unique<ChunkedObjectBody>(
      std::move(chunks),
      text::find_number(value_of(request.headers, "x-amz-decoded-content-length")));
}

}  // namespace sandbox
