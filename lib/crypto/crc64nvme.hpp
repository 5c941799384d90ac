// SPDX-License-Identifier: Apache-2.0
//
// CRC-64/NVME, the checksum S3 keeps of a whole multipart object: those of its parts combine into
// it, whatever order they arrive in. A checksum against accidents, not against people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace crypto {

class Crc64Nvme {
 public:
  void update(std::span<const std::byte> bytes);
  void update(std::string_view bytes);
  std::uint64_t value() const { return ~state_; }

 private:
  std::uint64_t state_ = ~std::uint64_t{0};
};

std::uint64_t crc64nvme(std::string_view bytes);

// The checksum of two texts in a row, from the checksums of both and the second's length.
std::uint64_t crc64nvme_joined(std::uint64_t first, std::uint64_t second,
                               std::uint64_t second_size);

// The two ways to move the inner state over `bytes`; update() takes the faster one that the
// processor has. Apart so that tests can hold one against the other.
std::uint64_t crc64nvme_by_table(std::uint64_t state, std::span<const std::byte> bytes);
std::uint64_t crc64nvme_by_folding(std::uint64_t state, std::span<const std::byte> bytes);
bool can_fold_crc64nvme();  // false: crc64nvme_by_folding() must not be called

}  // namespace crypto
