// SPDX-License-Identifier: Apache-2.0
//
// Polynomials over GF(2) are kept with their bits reversed, as the CRC reads bytes: bit 63 is x^0.
//
// With carry-less multiplication (PCLMULQDQ) a block of 16 bytes moves n bits onward, that is, it
// is multiplied by x^n modulo the CRC's polynomial, by two multiplications; eight blocks at a time
// keep the unit busy. What is left is the remainder of 16 bytes, which the table finishes. The
// method: V. Gopal et al., "Fast CRC computation using PCLMULQDQ instruction", Intel, 2009.
#include "crypto/crc64nvme.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace crypto {
namespace {

constexpr std::uint64_t polynomial = 0x9A6C9329AC4BC9B5U;
constexpr std::uint64_t one = 1ULL << 63U;

constexpr std::uint64_t times_x(std::uint64_t value) {
  return (value & 1U) != 0 ? (value >> 1U) ^ polynomial : value >> 1U;
}

constexpr std::uint64_t product(std::uint64_t left, std::uint64_t right) {
  std::uint64_t sum = 0;
  for (std::uint64_t bit = one; bit != 0; bit >>= 1U) {
    if ((left & bit) != 0) sum ^= right;
    right = times_x(right);
  }
  return sum;
}

constexpr std::uint64_t power_of_x(std::uint64_t exponent) {
  std::uint64_t result = one;
  for (std::uint64_t square = one >> 1U; exponent != 0; exponent >>= 1U) {
    if ((exponent & 1U) != 0) result = product(result, square);
    square = product(square, square);
  }
  return result;
}

// tables[n][byte]: what a byte does to the state when n more bytes follow it in the same step.
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = times_x(value);
    tables[0][byte] = value;
  }
  for (std::size_t n = 1; n < tables.size(); ++n) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint64_t little_endian(const std::byte* bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8U * i);
  return value;
}

}  // namespace

std::uint64_t crc64nvme_by_table(std::uint64_t state, std::span<const std::byte> bytes) {
  while (bytes.size() >= 8) {
    const auto word = state ^ little_endian(bytes.data());
    state = 0;
    for (unsigned i = 0; i < 8; ++i) state ^= tables[7 - i][(word >> (8U * i)) & 0xFFU];
    bytes = bytes.subspan(8);
  }
  for (const auto byte : bytes) {
    state = (state >> 8U) ^ tables[0][(state ^ std::to_integer<std::uint64_t>(byte)) & 0xFFU];
  }
  return state;
}

#if defined(__x86_64__)

namespace {

constexpr std::size_t block = 16;
constexpr std::size_t lanes = 8;

// The factors that move a block `bits` onward. Its first half stands 64 bits higher than its
// second, and a product of reversed polynomials comes out one bit too high.
struct Factors {
  std::uint64_t first;
  std::uint64_t second;
};

constexpr Factors factors_of(std::uint64_t bits) {
  return {power_of_x(bits + 63), power_of_x(bits - 1)};
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i load(const std::byte* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i moved(__m128i value, __m128i factors) {
  return _mm_xor_si128(_mm_clmulepi64_si128(value, factors, 0x00),
                       _mm_clmulepi64_si128(value, factors, 0x11));
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i register_of(Factors factors) {
  return _mm_set_epi64x(static_cast<long long>(factors.second),
                        static_cast<long long>(factors.first));
}

}  // namespace

bool can_fold_crc64nvme() {
  static const bool can = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return can;
}

__attribute__((target("pclmul,sse4.1"))) std::uint64_t crc64nvme_by_folding(
    std::uint64_t state, std::span<const std::byte> bytes) {
  if (bytes.size() < block * lanes) return crc64nvme_by_table(state, bytes);
  static constexpr auto by_all_lanes = factors_of(8 * block * lanes);
  static constexpr auto by_one = factors_of(8 * block);
  const auto stride = register_of(by_all_lanes);
  const auto step = register_of(by_one);

  __m128i
      lane[lanes];  // std::array would lose the type's alignment attribute (-Wignored-attributes)
  for (std::size_t i = 0; i < lanes; ++i) lane[i] = load(bytes.data() + i * block);
  lane[0] = _mm_xor_si128(lane[0], _mm_set_epi64x(0, static_cast<long long>(state)));
  bytes = bytes.subspan(block * lanes);
  while (bytes.size() >= block * lanes) {
    for (std::size_t i = 0; i < lanes; ++i) {
      lane[i] = _mm_xor_si128(moved(lane[i], stride), load(bytes.data() + i * block));
    }
    bytes = bytes.subspan(block * lanes);
  }
  __m128i sum = lane[0];
  for (std::size_t i = 1; i < lanes; ++i) sum = _mm_xor_si128(moved(sum, step), lane[i]);
  while (bytes.size() >= block) {
    sum = _mm_xor_si128(moved(sum, step), load(bytes.data()));
    bytes = bytes.subspan(block);
  }
  std::array<std::byte, block> rest{};
  std::memcpy(rest.data(), &sum, rest.size());
  return crc64nvme_by_table(crc64nvme_by_table(0, rest), bytes);
}

#else

bool can_fold_crc64nvme() { return false; }

std::uint64_t crc64nvme_by_folding(std::uint64_t state, std::span<const std::byte> bytes) {
  return crc64nvme_by_table(state, bytes);
}

#endif

void Crc64Nvme::update(std::span<const std::byte> bytes) {
  state_ = can_fold_crc64nvme() ? crc64nvme_by_folding(state_, bytes)
                                : crc64nvme_by_table(state_, bytes);
}

void Crc64Nvme::update(std::string_view bytes) {
  update(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

std::uint64_t crc64nvme(std::string_view bytes) {
  Crc64Nvme crc;
  crc.update(bytes);
  return crc.value();
}

std::uint64_t crc64nvme_joined(std::uint64_t first, std::uint64_t second,
                               std::uint64_t second_size) {
  return product(first, power_of_x(8 * second_size)) ^ second;
}

}  // namespace crypto
