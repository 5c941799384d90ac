// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/message.hpp"
#include "http/url.hpp"
#include "oci/requests.hpp"

namespace oci {

// An upload that a registry keeps open for us; cancelled as far as the registry lets us, unless it
// has ended.
class UploadSession {
 public:
  // From the answer that opened it. Throws refused without a usable Location, integrity for one
  // that our credentials or bytes must not go to. `requests` must outlive this.
  UploadSession(Requests& requests, const http::Response& opened, std::string scope,
                const std::string& what);
  UploadSession(const UploadSession&) = delete;
  UploadSession& operator=(const UploadSession&) = delete;
  ~UploadSession();

  const http::Url& location() const { return location_; }
  std::uint64_t least_chunk() const { return least_chunk_; }  // 0 when the registry asks for none

  // Where the blob is committed: the Location's query is the registry's state and stays as it is.
  http::Url commit_url(const std::string& digest) const;

  // Registries move an upload with each answer.
  void moved(const http::Response& answer, const std::string& what);

  void end() { ended_ = true; }

 private:
  Requests& requests_;
  http::Url location_;
  std::string scope_;
  std::uint64_t least_chunk_ = 0;
  bool ended_ = false;
};

// A registry that does not know of the TLS before it names itself by plain http; the same host over
// https is meant then.
http::Url secured(http::Url location, const http::Url& base);

// How many bytes of an upload the registry has, from "0-19999999"; absent when it does not say.
// "0-0" counts as none: registries say so of an empty upload.
std::optional<std::uint64_t> find_received(const http::Response& answer);

}  // namespace oci
