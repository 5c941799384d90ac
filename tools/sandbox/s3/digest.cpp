// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/digest.hpp"

#include <openssl/evp.h>

#include "base/c_handle.hpp"
#include "base/error.hpp"

namespace sandbox::s3 {
namespace {

const EVP_MD* implementation(Digest::Algorithm algorithm) {
  switch (algorithm) {
    case Digest::Algorithm::md5:
      return EVP_md5();
    case Digest::Algorithm::sha1:
      return EVP_sha1();
    case Digest::Algorithm::sha256:
      break;
  }
  return EVP_sha256();
}

void require(int done) {
  if (done != 1) throw base::Error(base::Kind::internal, "compute a digest: OpenSSL refused");
}

}  // namespace

struct Digest::State {
  base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

Digest::Digest(Algorithm algorithm) : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context.get(), implementation(algorithm), nullptr));
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Digest::finish() {
  std::string result(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  require(EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(result.data()),
                             &size));
  result.resize(size);
  return result;
}

}  // namespace sandbox::s3
