// SPDX-License-Identifier: Apache-2.0
//
// One registry over the OCI distribution protocol (distribution-spec 1.1): blobs, manifests, tags.
// How requests are authorised and repeated is in requests.hpp, how blobs are sent in uploads.hpp.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/authorizer.hpp"
#include "oci/descriptor.hpp"
#include "oci/mirrors.hpp"
#include "oci/requests.hpp"
#include "oci/uploads.hpp"

namespace oci {

struct RegistryOptions {
  bool plain_http = false;  // loopback is always asked by plain http
  std::optional<Credentials> credentials{};
  // Instead of `credentials`: asked when the registry wants to know, and again when it refuses
  // them.
  CredentialSource find_credentials{};
  LimiterOptions limits{};
  TryLimits tries{};
  // Where to pull from first. A mirror gets credentials from mirror_credentials only.
  std::shared_ptr<const Mirrors> mirrors{};
  std::function<std::optional<Credentials>(const std::string& registry)> mirror_credentials{};
  std::string stands_for{};  // the registry that this one is a mirror of
};

// A manifest or index as it is stored; `digest` has been verified against `bytes`.
struct StoredManifest {
  std::string media_type;
  std::string digest;
  std::string bytes;
};

// What became of a manifest that was to be put under several tags.
struct TagsPut {
  std::vector<std::string> stored{};     // tags that name it since this call
  std::vector<std::string> unchanged{};  // immutable tags that named it before
  // The registry lacks blobs that the manifest names: the ones it told, perhaps none. No tag was
  // written then that is not in `stored`.
  std::optional<std::vector<std::string>> missing_blobs{};
};

// Thread-safe. Every failure names the operation and "registry/repository".
class Registry {
 public:
  // `client` must outlive this and allow plain http to the hosts where that is asked for.
  Registry(http::Client& client, std::string registry, RegistryOptions options = {});
  ~Registry();

  const std::string& name() const { return requests_.registry(); }

  // By tag or digest. Absent when there is none, and when we may not look.
  std::optional<std::string> find_manifest_digest(const std::string& repository,
                                                  const std::string& reference);
  StoredManifest manifest(const std::string& repository, const std::string& reference);

  // Does the tag name this manifest? Absent when we may not look.
  std::optional<bool> is_tagged(const std::string& repository, const std::string& tag,
                                const std::string& digest);

  // By tag or digest. Throws conflict when the tag is immutable and names something else.
  void put_manifest(const std::string& repository, const std::string& reference,
                    std::string_view media_type, const std::string& bytes);

  // Under each tag, in this order. Throws conflict as put_manifest does.
  TagsPut put_tags(const std::string& repository, const std::vector<std::string>& tags,
                   std::string_view media_type, const std::string& bytes);

  // In the registry's order, at most `most`. Absent when there is no such repository.
  std::optional<std::vector<std::string>> find_tags(const std::string& repository,
                                                    std::size_t most = 10'000);

  bool has_blob(const std::string& repository, const std::string& digest);

  // The blob's bytes, verified against digest and size; `restart` when they come again from the
  // start. Throws integrity when they do not match.
  void read_blob(const std::string& repository, const Descriptor& blob,
                 const std::function<void(std::span<const std::byte>)>& sink,
                 const std::function<void()>& restart);
  std::string read_small_blob(const std::string& repository, const Descriptor& blob,
                              std::uint64_t cap);

  // Makes `digest` of another repository of this registry appear in `repository`. False when the
  // registry will not.
  bool mount_blob(const std::string& repository, const std::string& digest,
                  const std::string& from);

  // Throws what a push to the repository would: no rights, no such repository. Costs nothing when
  // an upload_blob() follows, which goes on with the upload that this opens.
  void check_push(const std::string& repository);

  // The same in the background.
  [[nodiscard]] std::future<void> begin_push(const std::string& repository);

  // An upload that is given up is cancelled as far as the registry lets us.
  void upload_blob(const std::string& repository, const Descriptor& blob, const http::Body& body);

 private:
  struct MirrorRegistry;
  enum class ManifestPut { stored, unchanged };
  struct Look {
    std::optional<std::string> digest{};
    bool hidden = false;
  };

  std::string read_endpoint(const std::string& repository, std::string_view rest) const;
  Look look_up(const std::string& repository, const std::string& reference);
  std::optional<std::string> own_manifest_digest(const std::string& repository,
                                                 const std::string& reference);
  StoredManifest own_manifest(const std::string& repository, const std::string& reference);
  void read_own_blob(const std::string& repository, const Descriptor& blob,
                     const std::function<void(std::span<const std::byte>)>& sink,
                     const std::function<void()>& restart);
  http::Response send_manifest(const std::string& repository, const std::string& reference,
                               std::string_view media_type, const std::string& bytes);
  ManifestPut judge_manifest(const std::string& repository, const std::string& reference,
                             const std::string& digest, const http::Response& answer);
  template <typename Pull>
  auto pull(const std::string& repository, bool by_digest, Pull&& pull);
  MirrorRegistry& mirror_of(const PullSource& source);

  http::Client& client_;
  RegistryOptions options_;
  Requests requests_;
  Uploads uploads_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<MirrorRegistry>> mirrors_;
};

}  // namespace oci
