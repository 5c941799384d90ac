// SPDX-License-Identifier: Apache-2.0
#include "oci/digest.hpp"

#include "crypto/sha256.hpp"
#include "text/hex.hpp"

namespace oci {
namespace {

constexpr std::string_view prefix = "sha256:";

}  // namespace

bool is_digest(std::string_view text) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.size() == 64 && text::is_lower_hex(text);
}

std::string digest_of(std::string_view bytes) {
  return std::string(prefix) + crypto::sha256_hex(bytes);
}

std::string short_digest(std::string_view digest) {
  return std::string(digest.substr(0, prefix.size() + 12));
}

}  // namespace oci
