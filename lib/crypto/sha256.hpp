// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace crypto {

using Sha256Digest = std::array<std::byte, 32>;
using Md5Digest = std::array<std::byte, 16>;

// A streaming SHA-256 (FIPS 180-4) over OpenSSL. Not copyable; one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view bytes);

  // Ends the stream; call it once.
  Sha256Digest finish();
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
Sha256Digest hmac_sha256(std::string_view key, std::string_view message);
std::string_view as_text(std::span<const std::byte> bytes);

// Only where a protocol demands it (S3's ETag of a single PUT), never for trust.
Md5Digest md5(std::string_view bytes);

// True when both are equal; takes the same time wherever they differ.
bool equal_in_constant_time(std::string_view left, std::string_view right);

// `count` bytes from the operating system's generator, as lower-case hex.
std::string random_hex(std::size_t count);

}  // namespace crypto
