// SPDX-License-Identifier: Apache-2.0
#include "oci/registry.hpp"

#include <fmt/core.h>

#include <random>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/failure.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"
#include "retry/backoff.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::uint64_t manifest_cap = 4ULL << 20U;
constexpr int upload_attempts = 3;
constexpr int most_redirects = 5;
constexpr std::chrono::seconds cancel_limit{2};

std::string manifest_types() {
  return fmt::format("{}, {}, {}, {}", media_type::manifest, media_type::index,
                     media_type::docker_manifest, media_type::docker_index);
}

std::string pull_scope(const std::string& repository) {
  return "repository:" + repository + ":pull";
}

std::string push_scope(const std::string& repository) {
  return "repository:" + repository + ":pull,push";
}

std::string without_parameters(const std::string& content_type) {
  const auto parts = text::cut(content_type, ";");
  return std::string(text::trim(parts ? parts->first : std::string_view(content_type)));
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void require_same_digest(const http::Response& answer, const std::string& expected,
                         const std::string& what) {
  const auto told = answer.headers.find("Docker-Content-Digest");
  if (!told || *told == expected) return;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("{}: the registry says it stored {}, not {}", what, *told, expected),
      "the registry or a proxy before it changes content; do not deploy this image");
}

// Bearers of our credentials must not be sent to a private host because some server said so.
void check_redirect(const http::Url& base, const http::Url& target, const std::string& what) {
  if (target.host == base.host || !is_private_address(target.host)) return;
  throw base::Error(base::Kind::integrity, fmt::format("{}: {} points to {}, a private address",
                                                       what, base.authority(), target.authority()));
}

http::Url base_of(const std::string& registry, bool plain_http) {
  http::Url url = http::parse_url("https://" + api_host(registry) + "/");
  if (plain_http || http::is_loopback_host(url.host)) {
    url = http::parse_url("http://" + api_host(registry) + "/");
  }
  return url;
}

}  // namespace

// An upload that the registry keeps open for us; cancelled unless it was committed.
struct Registry::Session {
  Session(Registry& the_registry, http::Url the_location, std::string the_scope)
      : registry(the_registry), location(std::move(the_location)), scope(std::move(the_scope)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (!committed) registry.cancel(location, scope);
  }

  Registry& registry;
  http::Url location;
  std::string scope;
  bool committed = false;
};

Registry::Registry(http::Client& client, std::string registry, RegistryOptions options)
    : client_(client),
      name_(std::move(registry)),
      base_(base_of(name_, options.plain_http)),
      authorizer_(client, base_, std::move(options.credentials)) {}

std::string Registry::endpoint(const std::string& repository, std::string_view rest) const {
  return fmt::format("{}/v2/{}/{}", base_.origin(), repository, rest);
}

void Registry::fail(const std::string& what, const http::Response& answer) const {
  const bool about_us = answer.status == 401 || answer.status == 403;
  throw failure(what, answer, about_us ? authorizer_.hint() : "");
}

http::Response Registry::send(http::Request request, const std::string& scope) {
  for (int renewals = 0;; ++renewals) {
    const std::string used = authorizer_.header(scope);
    if (!used.empty()) request.headers.set("Authorization", used);
    http::Response answer = client_.send(request);
    if (answer.status != 401 || renewals == 2 || !authorizer_.renew(answer, scope, used))
      return answer;
  }
}

// For reads: blobs may lie in another store, which must not see our credentials.
http::Response Registry::follow(http::Request request, const std::string& scope) {
  http::Response answer = send(request, scope);
  http::Url at = http::parse_url(request.url);
  for (int hops = 0; is_redirect(answer.status); ++hops) {
    const std::string what = fmt::format("{} {}", request.method, http::redacted(at));
    const auto target = http::find_resolved(at, answer.headers.find("Location").value_or(""));
    if (!target || hops == most_redirects) {
      throw base::Error(base::Kind::refused,
                        fmt::format("{}: a redirect that leads nowhere", what));
    }
    check_redirect(base_, *target, what);
    at = *target;
    request.url = at.text();
    answer = at.same_origin(base_) ? send(request, scope) : client_.send(request);
  }
  return answer;
}

std::optional<std::string> Registry::find_manifest_digest(const std::string& repository,
                                                          const std::string& reference) {
  const std::string what = fmt::format("look up {}/{}:{}", name_, repository, reference);
  const http::Response answer = follow({.method = "HEAD",
                                        .url = endpoint(repository, "manifests/" + reference),
                                        .headers = {{"Accept", manifest_types()}}},
                                       pull_scope(repository));
  if (answer.status == 404 || answer.status == 403) return std::nullopt;
  if (answer.status != 200) fail(what, answer);
  auto digest = answer.headers.find("Docker-Content-Digest");
  if (digest && is_digest(*digest)) return digest;
  return manifest(repository, reference).digest;
}

StoredManifest Registry::manifest(const std::string& repository, const std::string& reference) {
  const char separator = is_digest(reference) ? '@' : ':';
  const std::string what =
      fmt::format("pull manifest {}/{}{}{}", name_, repository, separator, reference);
  http::Response answer = follow({.url = endpoint(repository, "manifests/" + reference),
                                  .headers = {{"Accept", manifest_types()}},
                                  .response_cap = manifest_cap},
                                 pull_scope(repository));
  if (answer.status != 200) fail(what, answer);
  StoredManifest stored{
      .media_type = without_parameters(answer.headers.find("Content-Type").value_or("")),
      .digest = digest_of(answer.body),
      .bytes = std::move(answer.body)};
  if (is_digest(reference) && stored.digest != reference) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("{}: its content has digest {}", what, stored.digest));
  }
  return stored;
}

void Registry::put_manifest(const std::string& repository, const std::string& reference,
                            std::string_view media_type, const std::string& bytes) {
  const std::string what = fmt::format("push manifest to {}/{}:{}", name_, repository, reference);
  const http::Response answer = send({.method = "PUT",
                                      .url = endpoint(repository, "manifests/" + reference),
                                      .headers = {{"Content-Type", std::string(media_type)}},
                                      .body = http::body_of(bytes)},
                                     push_scope(repository));
  if (answer.status < 200 || answer.status > 204) fail(what, answer);
  require_same_digest(answer, digest_of(bytes), what);
}

bool Registry::has_blob(const std::string& repository, const std::string& digest) {
  const http::Response answer = follow(
      {.method = "HEAD", .url = endpoint(repository, "blobs/" + digest)}, push_scope(repository));
  if (answer.status == 200) return true;
  if (answer.status == 404 || answer.status == 403) return false;
  fail(fmt::format("look up blob {} in {}/{}", short_digest(digest), name_, repository), answer);
}

void Registry::read_blob(const std::string& repository, const Descriptor& blob,
                         const std::function<void(std::span<const std::byte>)>& sink,
                         const std::function<void()>& restart) {
  const std::string what = fmt::format("pull blob {} from {}/{}", blob.digest, name_, repository);
  crypto::Sha256 hash;
  std::uint64_t size = 0;
  http::Request request{.url = endpoint(repository, "blobs/" + blob.digest)};
  request.response_cap = blob.size;
  request.sink = [&](std::span<const std::byte> bytes) {
    hash.update(bytes);
    size += bytes.size();
    sink(bytes);
  };
  request.restart = [&] {
    hash = crypto::Sha256();
    size = 0;
    restart();
  };
  const http::Response answer = follow(request, pull_scope(repository));
  if (answer.status != 200) fail(what, answer);
  const std::string digest = "sha256:" + hash.finish_hex();
  if (size != blob.size || digest != blob.digest) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("{}: got {} bytes with digest {}", what, size, digest));
  }
}

std::string Registry::read_small_blob(const std::string& repository, const Descriptor& blob,
                                      std::uint64_t cap) {
  if (blob.size > cap) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("pull blob {} from {}/{}: {} bytes, more than {}", blob.digest,
                                  name_, repository, blob.size, cap));
  }
  std::string content;
  read_blob(
      repository, blob,
      [&content](std::span<const std::byte> bytes) { content += crypto::as_text(bytes); },
      [&content] { content.clear(); });
  return content;
}

http::Response Registry::start_upload(const std::string& repository, const std::string& query,
                                      const std::string& scope) {
  return send({.method = "POST", .url = endpoint(repository, "blobs/uploads/" + query)}, scope);
}

http::Url Registry::upload_location(const http::Response& started, const std::string& what) const {
  const auto location = http::find_resolved(base_, started.headers.find("Location").value_or(""));
  if (!location) {
    throw base::Error(base::Kind::refused,
                      fmt::format("{}: the registry opened an upload without a Location", what));
  }
  check_redirect(base_, *location, what);
  return *location;
}

bool Registry::mount_blob(const std::string& repository, const std::string& digest,
                          const std::string& from) {
  const std::string query = fmt::format("?mount={}&from={}", digest, from);
  const std::string scope = push_scope(repository);
  // A token for both repositories; with one for the destination alone the registry answers 202.
  const http::Response answer = start_upload(repository, query, scope + ' ' + pull_scope(from));
  if (answer.status == 201) return true;
  if (answer.status == 202) {
    const std::string what =
        fmt::format("mount blob {} in {}/{}", short_digest(digest), name_, repository);
    cancel(upload_location(answer, what), scope);
  }
  return false;
}

void Registry::upload_blob(const std::string& repository, const Descriptor& blob,
                           const http::Body& body) {
  std::minstd_rand random{std::random_device{}()};
  for (int attempt = 1;; ++attempt) {
    try {
      if (put_blob(repository, blob, body) == PutEnd::done) return;
      if (attempt == upload_attempts) {
        throw base::Error(base::Kind::environment,
                          fmt::format("push layer {} to {}/{}: 401 again and again",
                                      short_digest(blob.digest), name_, repository),
                          authorizer_.hint());
      }
    } catch (const base::Error& error) {
      const bool last = attempt == upload_attempts || error.kind() != base::Kind::unavailable ||
                        client_.stop_token().stop_requested();
      if (last) throw;
      logging::debug("{}", error.what());
    }
    const auto wait =
        retry::Backoff{}.before(attempt + 1, retry::Cause::failure, std::nullopt, random);
    client_.clock().sleep_for(wait, client_.stop_token());
    // The answer may have been lost after the registry committed.
    if (has_blob(repository, blob.digest)) return;
  }
}

Registry::PutEnd Registry::put_blob(const std::string& repository, const Descriptor& blob,
                                    const http::Body& body) {
  const std::string what =
      fmt::format("push layer {} to {}/{}", short_digest(blob.digest), name_, repository);
  const std::string scope = push_scope(repository);
  const http::Response started = start_upload(repository, "", scope);
  if (started.status != 202) fail(what, started);
  Session session(*this, upload_location(started, what), scope);

  // The Location's query is the registry's state and stays as it is.
  http::Url target = session.location;
  target.query += (target.query.empty() ? "digest=" : "&digest=") + blob.digest;
  http::Request put{.method = "PUT",
                    .url = target.text(),
                    .headers = {{"Content-Type", "application/octet-stream"}},
                    .body = body};
  const std::string used = target.same_origin(base_) ? authorizer_.header(scope) : "";
  if (!used.empty()) put.headers.set("Authorization", used);
  const http::Response answer = client_.send_once(put);
  if (answer.status >= 200 && answer.status <= 204) {
    session.committed = true;
    require_same_digest(answer, blob.digest, what);
    return PutEnd::done;
  }
  if (answer.status == 401 && authorizer_.renew(answer, scope, used)) return PutEnd::again;
  if (answer.status == 404) {
    session.committed = true;  // it is gone, there is nothing to cancel
    throw base::Error(base::Kind::unavailable, fmt::format("{}: {}", what, words_of(answer)),
                      "the registry dropped the upload; run again");
  }
  fail(what, answer);
}

void Registry::cancel(const http::Url& location, const std::string& scope) {
  try {
    // A client of its own, because ours no longer sends anything once a stop was asked for.
    http::Client last_words(client_.clock(), {},
                            {.connect_timeout = cancel_limit,
                             .total = cancel_limit,
                             .plain_http_hosts = {base_.authority()},
                             .attempts = 1});
    http::Request request{.method = "DELETE", .url = location.text()};
    if (location.same_origin(base_)) {
      const std::string used = authorizer_.header(scope);
      if (!used.empty()) request.headers.set("Authorization", used);
    }
    last_words.send_once(request);
  } catch (const base::Error& error) {
    // Registries drop unfinished uploads by themselves after a while.
    logging::debug("cancel an upload: {}", error.what());
  }
}

}  // namespace oci
