// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sandbox::s3 {

// A streaming MD5, SHA-1 or SHA-256 over OpenSSL.
class Digest {
 public:
  enum class Algorithm { md5, sha1, sha256 };
  explicit Digest(Algorithm algorithm);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::string_view bytes);
  std::string finish();  // binary; once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sandbox::s3
