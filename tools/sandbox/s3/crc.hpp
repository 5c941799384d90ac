// SPDX-License-Identifier: Apache-2.0
//
// The bit-reflected CRCs that S3 takes: all start from ones and end inverted; they differ in
// polynomial and width.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sandbox::s3 {

template <typename Word, Word Polynomial>
class Crc {
 public:
  void update(std::string_view bytes) {
    auto value = state_;
    // Eight bytes at once, each looked up in the table of its distance to the end ("slicing by 8").
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, bytes.data(), 8);
      eight ^= value;
      value = 0;
      for (std::size_t i = 0; i < 8; ++i) value ^= tables[7 - i][(eight >> (8 * i)) & 0xFFU];
    }
    for (const char c : bytes) {
      value = tables[0][(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
    }
    state_ = value;
  }

  Word value() const { return ~state_; }

 private:
  static_assert(std::endian::native == std::endian::little);

  using Tables = std::array<std::array<Word, 256>, 8>;

  static constexpr Tables make_tables() {
    Tables result{};
    for (std::size_t i = 0; i < 256; ++i) {
      auto word = static_cast<Word>(i);
      for (int bit = 0; bit < 8; ++bit) {
        word = (word & 1U) != 0 ? (word >> 1U) ^ Polynomial : word >> 1U;
      }
      result[0][i] = word;
    }
    for (std::size_t slice = 1; slice < 8; ++slice) {
      for (std::size_t i = 0; i < 256; ++i) {
        const auto previous = result[slice - 1][i];
        result[slice][i] = result[0][previous & 0xFFU] ^ (previous >> 8U);
      }
    }
    return result;
  }

  static constexpr Tables tables = make_tables();
  Word state_ = ~Word{0};
};

// The CRC of two texts in a row from those of each: the first one's bits stand for a polynomial
// that is moved up by 8 x `second_size` places, that is multiplied by x^(8 x second_size).
template <typename Word, Word Polynomial>
constexpr Word joined_crc(Word first, Word second, std::uint64_t second_size) {
  constexpr Word one = Word{1} << (8 * sizeof(Word) - 1);  // reflected: x^0 is the highest bit
  const auto product = [](Word left, Word right) {
    Word result = 0;
    for (auto bit = one; bit != 0; bit >>= 1U) {
      if ((left & bit) != 0) result ^= right;
      right = (right & 1U) != 0 ? (right >> 1U) ^ Polynomial : right >> 1U;
    }
    return result;
  };
  auto power = one >> 8U;  // x^8: one byte
  for (auto rest = second_size; rest != 0; rest >>= 1U) {
    if ((rest & 1U) != 0) first = product(first, power);
    power = product(power, power);
  }
  return first ^ second;
}

inline constexpr std::uint32_t crc32_polynomial = 0xEDB88320U;
inline constexpr std::uint32_t crc32c_polynomial = 0x82F63B78U;
inline constexpr std::uint64_t crc64nvme_polynomial = 0x9A6C9329AC4BC9B5U;

}  // namespace sandbox::s3
