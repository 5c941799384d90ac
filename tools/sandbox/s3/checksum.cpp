// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/checksum.hpp"

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/sha256.hpp"
#include "sandbox/server/fault.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {
namespace {

// The bit-reflected CRCs: all start from ones and end inverted, they differ in polynomial and
// width.
template <typename Word, Word Polynomial>
constexpr std::array<Word, 256> crc_table() {
  std::array<Word, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto value = static_cast<Word>(i);
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ Polynomial : value >> 1U;
    }
    table[i] = value;
  }
  return table;
}

template <typename Word, Word Polynomial>
std::string crc(std::string_view bytes) {
  static constexpr auto table = crc_table<Word, Polynomial>();
  Word value = ~Word{0};
  for (const char c : bytes) {
    value = table[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
  }
  value = ~value;
  std::string result;
  for (std::size_t i = sizeof(Word); i > 0; --i) {
    result += static_cast<char>((value >> (8U * (i - 1))) & 0xFFU);
  }
  return result;
}

constexpr std::string_view checksum_prefix = "x-amz-checksum-";

// Headers of that prefix that name a mode instead of a value.
bool is_mode(std::string_view name) {
  return name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-mode" ||
         name == "x-amz-checksum-type";
}

}  // namespace

std::optional<std::string> checksum(std::string_view algorithm, std::string_view bytes) {
  if (algorithm == "crc32") return text::base64(crc<std::uint32_t, 0xEDB88320U>(bytes));
  if (algorithm == "crc32c") return text::base64(crc<std::uint32_t, 0x82F63B78U>(bytes));
  if (algorithm == "crc64nvme") {
    return text::base64(crc<std::uint64_t, 0x9A6C9329AC4BC9B5U>(bytes));
  }
  if (algorithm == "sha256") return text::base64(crypto::sha256(bytes));
  return std::nullopt;
}

Pairs verified_checksums(const Pairs& headers, std::string_view body) {
  if (const auto* given = find_value(headers, "content-md5")) {
    const auto digest = text::find_bytes_of_base64(*given);
    if (!digest || digest->size() != 16) {
      throw Fault(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    }
    if (*digest != crypto::as_text(crypto::md5(body))) {
      throw Fault(400, "BadDigest",
                  "The Content-MD5 you specified did not match what we received.");
    }
  }
  Pairs result;
  for (const auto& [name, value] : headers) {
    if (!name.starts_with(checksum_prefix) || is_mode(name)) continue;
    const auto algorithm = std::string_view(name).substr(checksum_prefix.size());
    const auto computed = checksum(algorithm, body);
    if (!computed) {
      throw Fault(501, "NotImplemented", fmt::format("the sandbox cannot check {}", name));
    }
    if (*computed != value) {
      throw Fault(400, "BadDigest",
                  fmt::format("The {} you specified did not match the calculated checksum.",
                              text::upper(algorithm)));
    }
    result.emplace_back(name, value);
  }
  return result;
}

}  // namespace sandbox::s3
