// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <vector>

#include "base/c_handle.hpp"
#include "base/error.hpp"
#include "text/hex.hpp"

namespace crypto {
namespace {

using DigestContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

void require(int ok, const char* what) {
  if (ok != 1) throw base::Error(base::Kind::internal, what);
}

unsigned char* raw(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

struct Sha256::State {
  DigestContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr), "start sha256");
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()), "extend sha256");
}

void Sha256::update(std::string_view bytes) {
  update(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  require(EVP_DigestFinal_ex(state_->context.get(), raw(digest), nullptr), "finish sha256");
  return digest;
}

std::string Sha256::finish_hex() { return text::hex(finish()); }

Sha256Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string sha256_hex(std::string_view bytes) { return text::hex(sha256(bytes)); }

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  Sha256Digest digest;
  unsigned int length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  // HMAC() takes a null pointer for "the key of the call before".
  const char* key_bytes = key.empty() ? "" : key.data();
  if (HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), data, message.size(),
           raw(digest), &length) == nullptr) {
    throw base::Error(base::Kind::internal, "compute hmac-sha256");
  }
  return digest;
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Md5Digest md5(std::string_view bytes) {
  Md5Digest digest;
  require(EVP_Digest(bytes.data(), bytes.size(), raw(digest), nullptr, EVP_md5(), nullptr),
          "compute md5");
  return digest;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string random_hex(std::size_t count) {
  std::vector<std::byte> bytes(count);
  require(RAND_bytes(raw(bytes), static_cast<int>(count)), "draw random bytes");
  return text::hex(bytes);
}

}  // namespace crypto
