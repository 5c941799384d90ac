// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/reception.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "crypto/sha256.hpp"
#include "sandbox/s3/checksum.hpp"
#include "sandbox/server/fault.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {
namespace {

// Small enough to stay in a core's cache between the digests and the write.
constexpr std::size_t piece_size = 256U << 10U;
constexpr std::uint64_t largest_put = 5ULL << 30U;

void refuse_size(const Call& call) {
  const auto decoded = text::find_number(call.header("x-amz-decoded-content-length"));
  const auto length = decoded ? decoded : text::find_number(call.header("content-length"));
  if (length && *length > largest_put) {
    throw Fault(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
                {{"ProposedSize", std::to_string(*length)},
                 {"MaxSizeAllowed", std::to_string(largest_put)}});
  }
}

std::vector<Checksum> checksums_for(const Call& call, const ReceptionWishes& wishes) {
  auto algorithms = given_algorithms(call.request.headers);
  algorithms.insert(algorithms.end(), wishes.checksums.begin(), wishes.checksums.end());
  std::sort(algorithms.begin(), algorithms.end());
  algorithms.erase(std::unique(algorithms.begin(), algorithms.end()), algorithms.end());
  return {algorithms.begin(), algorithms.end()};
}

}  // namespace

Reception receive(const Call& call, const ReceptionWishes& wishes) {
  refuse_size(call);
  auto checksums = checksums_for(call, wishes);
  const auto expected_md5 = given_md5(call.request.headers);
  std::optional<Digest> md5;
  if (wishes.md5 || expected_md5) md5.emplace(Digest::Algorithm::md5);

  BlobWriter writer(call.store.folder());
  std::vector<char> piece(piece_size);
  while (const auto count = call.body.read(piece)) {
    const std::string_view bytes(piece.data(), count);
    if (md5) md5->update(bytes);
    for (auto& checksum : checksums) checksum.update(bytes);
    writer.write(bytes);
  }

  Reception result;
  for (auto& checksum : checksums) {
    result.checksums.emplace_back(fmt::format("{}{}", checksum_prefix, checksum.algorithm()),
                                  checksum.finish());
  }
  auto given = call.request.headers;
  const auto& trailers = call.body.trailers();
  given.insert(given.end(), trailers.begin(), trailers.end());
  check_given(given, result.checksums);
  const auto digest = md5 ? md5->finish() : "";
  if (expected_md5 && digest != *expected_md5) refuse_md5();
  result.etag = wishes.md5 ? text::hex(std::as_bytes(std::span(digest))) : crypto::random_hex(16);
  result.blob = writer.finish();
  return result;
}

}  // namespace sandbox::s3
