// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "file/temp_dir.hpp"
#include "process/child.hpp"

namespace support {

enum class Login { none, required };

// Debian's docker-registry on a free port of 127.0.0.1, with a folder of its own.
class RegistryFixture {
 public:
  // A required login is user "ci", password "right horse". `tls` is what http.tls of its
  // configuration holds; without it the registry speaks plain http.
  explicit RegistryFixture(Login login = Login::none, const std::string& tls = {});

  std::string address() const { return address_; }

  // Its folder, from which support::StoredRepository reads.
  std::filesystem::path storage() const { return folder_.path() / "blobs/docker/registry/v2"; }

  // "HEAD /v2/shop/blobs/sha256:…" and so on, one per line, in the order of the access log; only
  // what came after the last forget_requests().
  std::string requests() const;
  void forget_requests();

  // Puts an image of one small layer there, by skopeo; answers the layer's digest.
  std::string push_base_image(const std::string& name) const;

  // skopeo's view of an image.
  std::string inspect(const std::string& name, const std::string& format) const;

 private:
  file::TempDir folder_;
  std::string address_;
  std::optional<process::Child> server_;
  std::size_t forgotten_ = 0;
};

}  // namespace support
