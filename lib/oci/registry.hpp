// SPDX-License-Identifier: Apache-2.0
//
// One registry over the OCI distribution protocol (distribution-spec 1.1): blobs, uploads,
// manifests.
//
// Uploads are monolithic: POST opens a session, one PUT carries all bytes. Chunked uploads lose
// data on ECR and are refused by Google. A session that breaks is not resumed but opened anew,
// after a HEAD has told whether the lost answer was a success.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/authorizer.hpp"
#include "oci/descriptor.hpp"

namespace oci {

struct RegistryOptions {
  bool plain_http = false;  // loopback is always asked by plain http
  std::optional<Credentials> credentials{};
};

// A manifest or index as it is stored; `digest` has been verified against `bytes`.
struct StoredManifest {
  std::string media_type;
  std::string digest;
  std::string bytes;
};

// Thread-safe. Every failure names the operation and "registry/repository".
class Registry {
 public:
  // `client` must outlive this and allow plain http to the host where that is asked for.
  Registry(http::Client& client, std::string registry, RegistryOptions options = {});

  const std::string& name() const { return name_; }

  // By tag or digest. Absent when there is none; 403 counts as absent too, since some registries
  // answer so for what does not exist.
  std::optional<std::string> find_manifest_digest(const std::string& repository,
                                                  const std::string& reference);
  StoredManifest manifest(const std::string& repository, const std::string& reference);
  void put_manifest(const std::string& repository, const std::string& reference,
                    std::string_view media_type, const std::string& bytes);

  bool has_blob(const std::string& repository, const std::string& digest);

  // The blob's bytes, verified against digest and size; `restart` when they come again from the
  // start. Throws integrity when they do not match.
  void read_blob(const std::string& repository, const Descriptor& blob,
                 const std::function<void(std::span<const std::byte>)>& sink,
                 const std::function<void()>& restart);
  std::string read_small_blob(const std::string& repository, const Descriptor& blob,
                              std::uint64_t cap);

  // Makes `digest` of another repository of this registry appear in `repository`. False when the
  // registry will not; nothing is open then.
  bool mount_blob(const std::string& repository, const std::string& digest,
                  const std::string& from);

  // An upload that is given up is cancelled as far as the registry lets us.
  void upload_blob(const std::string& repository, const Descriptor& blob, const http::Body& body);

 private:
  struct Session;
  enum class PutEnd { done, again };

  std::string endpoint(const std::string& repository, std::string_view rest) const;
  http::Response send(http::Request request, const std::string& scope);
  http::Response follow(http::Request request, const std::string& scope);
  http::Response start_upload(const std::string& repository, const std::string& query,
                              const std::string& scope);
  http::Url upload_location(const http::Response& started, const std::string& what) const;
  PutEnd put_blob(const std::string& repository, const Descriptor& blob, const http::Body& body);
  void cancel(const http::Url& location, const std::string& scope);
  [[noreturn]] void fail(const std::string& what, const http::Response& answer) const;

  http::Client& client_;
  std::string name_;
  http::Url base_;
  Authorizer authorizer_;
};

}  // namespace oci
