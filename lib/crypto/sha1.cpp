// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha1.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <span>

#include "base/error.hpp"
#include "text/hex.hpp"

namespace crypto {

std::string sha1_hex(std::string_view bytes) {
  std::array<std::byte, 20> digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 &length, EVP_sha1(), nullptr) != 1) {
    throw base::Error(base::Kind::internal, "compute sha1");
  }
  return text::hex(digest);
}

}  // namespace crypto
