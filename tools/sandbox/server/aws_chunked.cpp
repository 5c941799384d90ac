// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/aws_chunked.hpp"

#include <fmt/core.h>

#include <charconv>

#include "crypto/sha256.hpp"
#include "sandbox/server/fault.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

[[noreturn]] void incomplete(std::string_view what) {
  throw Fault(400, "IncompleteBody", fmt::format("The aws-chunked body is broken: {}", what));
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) incomplete("a line has no end");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

// "10000;chunk-signature=ad80…" or just "10000".
struct ChunkHead {
  std::size_t size = 0;
  std::string_view signature{};
};

ChunkHead read_head(std::string_view line) {
  ChunkHead head;
  const auto halves = text::cut(line, ";");
  const auto digits = halves ? halves->first : line;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), head.size, 16);
  if (error != std::errc() || stop != digits.data() + digits.size()) incomplete("a chunk size");
  constexpr std::string_view key = "chunk-signature=";
  if (halves && halves->second.starts_with(key)) head.signature = halves->second.substr(key.size());
  return head;
}

// Every chunk signs the signature before it, so that none can be dropped or moved.
class ChunkSignatures {
 public:
  explicit ChunkSignatures(const Signature& seed) : seed_(seed), previous_(seed.value) {}

  void check(std::string_view data, std::string_view provided) {
    const auto string_to_sign =
        fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", seed_.timestamp, seed_.scope,
                    previous_, crypto::sha256_hex(""), crypto::sha256_hex(data));
    previous_ = signature_of(seed_.key, string_to_sign);
    if (!crypto::equal_in_constant_time(previous_, provided)) {
      throw Fault(403, "SignatureDoesNotMatch", "The signature of a chunk does not match its data");
    }
  }

 private:
  const Signature& seed_;
  std::string previous_;
};

}  // namespace

ChunkedBody decode_aws_chunked(std::string_view body, const Signature& signature) {
  ChunkedBody result;
  ChunkSignatures signatures(signature);
  const bool is_signed = signature.payload == chunked_signed;
  for (bool last = false; !last;) {
    const auto head = read_head(take_line(body));
    if (head.size > body.size()) incomplete("a chunk is shorter than its size says");
    const auto data = body.substr(0, head.size);
    body.remove_prefix(head.size);
    if (is_signed) signatures.check(data, head.signature);
    result.bytes += data;
    last = head.size == 0;
    if (!last && !take_line(body).empty()) incomplete("a chunk is longer than its size says");
  }
  while (!body.empty()) {
    const auto line = take_line(body);
    if (line.empty()) break;
    const auto pair = text::cut(line, ":");
    if (!pair) incomplete("a trailer without a colon");
    result.trailers.emplace_back(text::lower(pair->first), text::trim(pair->second));
  }
  return result;
}

}  // namespace sandbox
