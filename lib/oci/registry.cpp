// SPDX-License-Identifier: Apache-2.0
#include "oci/registry.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/failure.hpp"
#include "oci/link.hpp"
#include "oci/reference.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::uint64_t manifest_cap = 4ULL << 20U;
constexpr std::size_t tags_a_page = 1000;  // ECR refuses more
constexpr std::size_t most_pages = 1000;

std::string manifest_types() {
  return fmt::format("{}, {}, {}, {}", media_type::manifest, media_type::index,
                     media_type::docker_manifest, media_type::docker_index);
}

std::string without_parameters(const std::string& content_type) {
  const auto parts = text::cut(content_type, ";");
  return std::string(text::trim(parts ? parts->first : std::string_view(content_type)));
}

http::Url base_of(const std::string& registry, bool plain_http) {
  http::Url url = http::parse_url("https://" + api_host(registry) + "/");
  if (plain_http || http::is_loopback_host(url.host)) {
    url = http::parse_url("http://" + api_host(registry) + "/");
  }
  return url;
}

CredentialSource source_of(const RegistryOptions& options) {
  if (options.find_credentials) return options.find_credentials;
  if (!options.credentials) return {};
  return [given = options.credentials] { return given; };
}

std::string separated(const std::string& reference) {
  return (is_digest(reference) ? '@' : ':') + reference;
}

}  // namespace

struct Registry::MirrorRegistry {
  PullSource source;
  std::unique_ptr<Registry> registry;
  std::atomic<bool> is_down = false;  // left out until the end
};

Registry::Registry(http::Client& client, std::string registry, RegistryOptions options)
    : client_(client),
      options_(std::move(options)),
      requests_(
          client, registry, base_of(registry, options_.plain_http),
          {.credentials = source_of(options_), .limits = options_.limits, .tries = options_.tries}),
      uploads_(requests_) {}

Registry::~Registry() = default;

// `ns` tells a mirror of several registries which one is meant (distribution-spec, "Registry
// Proxying").
std::string Registry::read_endpoint(const std::string& repository, std::string_view rest) const {
  std::string url = requests_.endpoint(repository, rest);
  if (!options_.stands_for.empty()) url += "?ns=" + text::percent_encode(options_.stands_for);
  return url;
}

Registry::MirrorRegistry& Registry::mirror_of(const PullSource& source) {
  const std::lock_guard lock(mutex_);
  for (const auto& known : mirrors_) {
    if (known->source.registry == source.registry) return *known;
  }
  auto mirror = std::make_unique<MirrorRegistry>();
  mirror->source = source;
  RegistryOptions options{.plain_http = source.plain_http, .limits = options_.limits};
  // A mirror that does not answer is no reason to wait.
  options.tries = {.attempts = 2, .connects = 1};
  options.stands_for = name();
  if (options_.mirror_credentials) {
    options.find_credentials = [find = options_.mirror_credentials, host = source.registry] {
      return find(host);
    };
  }
  mirror->registry = std::make_unique<Registry>(client_, source.registry, std::move(options));
  mirrors_.push_back(std::move(mirror));
  return *mirrors_.back();
}

// Calls `pull(registry, repository)` for each place until one answers; the last one's failure is
// the failure.
template <typename Pull>
auto Registry::pull(const std::string& repository, bool by_digest, Pull&& pull) {
  if (!options_.mirrors) return pull(*this, repository);
  const auto sources = options_.mirrors->sources(name(), repository, by_digest);
  for (const PullSource& source : sources) {
    const bool is_own = source.registry == name();
    if (&source == &sources.back()) {
      return pull(is_own ? *this : *mirror_of(source).registry, source.repository);
    }
    MirrorRegistry& mirror = mirror_of(source);
    if (mirror.is_down) continue;
    try {
      return pull(*mirror.registry, source.repository);
    } catch (const base::Error& error) {
      if (client_.stop_token().stop_requested()) throw;
      if (error.kind() == base::Kind::unavailable) mirror.is_down = true;
      logging::debug("mirror {}: {}", source.registry, error.what());
    }
  }
  return pull(*this, repository);
}

std::optional<std::string> Registry::find_manifest_digest(const std::string& repository,
                                                          const std::string& reference) {
  return pull(repository, is_digest(reference), [&](Registry& from, const std::string& name_there) {
    auto found = from.own_manifest_digest(name_there, reference);
    // What a mirror lacks the origin may have.
    if (!found && &from != this) return own_manifest_digest(repository, reference);
    return found;
  });
}

std::optional<bool> Registry::is_tagged(const std::string& repository, const std::string& tag,
                                        const std::string& digest) {
  const Look look = look_up(repository, tag);
  if (look.hidden) return std::nullopt;
  return look.digest == digest;
}

std::optional<std::string> Registry::own_manifest_digest(const std::string& repository,
                                                         const std::string& reference) {
  return look_up(repository, reference).digest;
}

Registry::Look Registry::look_up(const std::string& repository, const std::string& reference) {
  const std::string what = fmt::format("look up {}/{}{}", name(), repository, separated(reference));
  const http::Request request{.method = "HEAD",
                              .url = read_endpoint(repository, "manifests/" + reference),
                              .headers = {{"Accept", manifest_types()}}};
  const std::string scope = pull_scope(repository);
  const http::Response answer = requests_.follow(request, scope);
  if (is_hidden(answer)) return {.hidden = true};
  if (answer.status == 404) return {};
  if (answer.status != 200) requests_.fail_head(what, answer, request, scope);
  auto digest = answer.headers.find("Docker-Content-Digest");
  if (digest && is_digest(*digest)) return {.digest = std::move(digest)};
  return {.digest = own_manifest(repository, reference).digest};
}

StoredManifest Registry::manifest(const std::string& repository, const std::string& reference) {
  return pull(repository, is_digest(reference),
              [&reference](Registry& from, const std::string& name_there) {
                return from.own_manifest(name_there, reference);
              });
}

StoredManifest Registry::own_manifest(const std::string& repository, const std::string& reference) {
  const std::string what =
      fmt::format("pull manifest {}/{}{}", name(), repository, separated(reference));
  const std::string scope = pull_scope(repository);
  http::Response answer =
      requests_.follow({.url = read_endpoint(repository, "manifests/" + reference),
                        .headers = {{"Accept", manifest_types()}},
                        .response_cap = manifest_cap},
                       scope);
  if (answer.status != 200) requests_.fail(what, answer, scope);
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

http::Response Registry::send_manifest(const std::string& repository, const std::string& reference,
                                       std::string_view media_type, const std::string& bytes) {
  return requests_.send({.method = "PUT",
                         .url = requests_.endpoint(repository, "manifests/" + reference),
                         .headers = {{"Content-Type", std::string(media_type)}},
                         .body = http::body_of(bytes)},
                        push_scope(repository));
}

Registry::ManifestPut Registry::judge_manifest(const std::string& repository,
                                               const std::string& reference,
                                               const std::string& digest,
                                               const http::Response& answer) {
  const std::string what =
      fmt::format("push manifest to {}/{}{}", name(), repository, separated(reference));
  if (answer.status >= 200 && answer.status <= 204) {
    require_same_digest(answer, digest, what);
    return ManifestPut::stored;
  }
  if (answer.status != 409 && !is_immutable_tag(answer)) {
    requests_.fail(what, answer, push_scope(repository));
  }
  const auto held = own_manifest_digest(repository, reference);
  if (held == digest) return ManifestPut::unchanged;
  if (!held) requests_.fail(what, answer, push_scope(repository));
  throw base::Error(base::Kind::conflict,
                    fmt::format("{}: the tag is immutable and names {}, not {}: {}", what, *held,
                                digest, words_of(answer)),
                    "push under another tag, or deploy what is there");
}

void Registry::put_manifest(const std::string& repository, const std::string& reference,
                            std::string_view media_type, const std::string& bytes) {
  judge_manifest(repository, reference, digest_of(bytes),
                 send_manifest(repository, reference, media_type, bytes));
}

TagsPut Registry::put_tags(const std::string& repository, const std::vector<std::string>& tags,
                           std::string_view media_type, const std::string& bytes) {
  const std::string digest = digest_of(bytes);
  TagsPut put;
  for (const std::string& tag : tags) {
    const http::Response answer = send_manifest(repository, tag, media_type, bytes);
    put.missing_blobs = find_missing_blobs(answer);
    if (put.missing_blobs) return put;
    const bool is_new = judge_manifest(repository, tag, digest, answer) == ManifestPut::stored;
    (is_new ? put.stored : put.unchanged).push_back(tag);
  }
  return put;
}

std::optional<std::vector<std::string>> Registry::find_tags(const std::string& repository,
                                                            std::size_t most) {
  const std::string what = fmt::format("list tags of {}/{}", name(), repository);
  const std::string scope = pull_scope(repository);
  const std::size_t page = std::min(most, tags_a_page);
  http::Url url =
      http::parse_url(requests_.endpoint(repository, fmt::format("tags/list?n={}", page)));
  std::vector<std::string> tags;
  std::set<std::string> seen;
  while (tags.size() < most && seen.size() < most_pages && seen.insert(url.text()).second) {
    const http::Response answer = requests_.follow({.url = url.text()}, scope);
    if (answer.status == 404) return std::nullopt;
    if (answer.status != 200) requests_.fail(what, answer, scope);
    const json::Value document = json::parse(answer.body, what);
    for (const json::Field& tag : json::Field(document, what)["tags"].items()) {
      if (tags.size() < most) tags.push_back(tag.string());
    }
    const auto next = find_next_link(answer.headers);
    if (!next) break;
    const auto target = http::find_resolved(url, *next);
    if (!target || !target->same_origin(requests_.base())) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("{}: the next page is said to be at '{}'", what, *next));
    }
    url = *target;
  }
  return tags;
}

bool Registry::has_blob(const std::string& repository, const std::string& digest) {
  return uploads_.has(repository, digest);
}

void Registry::read_blob(const std::string& repository, const Descriptor& blob,
                         const std::function<void(std::span<const std::byte>)>& sink,
                         const std::function<void()>& restart) {
  bool is_first = true;
  pull(repository, true, [&](Registry& from, const std::string& name_there) {
    if (!std::exchange(is_first, false)) restart();
    from.read_own_blob(name_there, blob, sink, restart);
  });
}

void Registry::read_own_blob(const std::string& repository, const Descriptor& blob,
                             const std::function<void(std::span<const std::byte>)>& sink,
                             const std::function<void()>& restart) {
  const std::string what = fmt::format("pull blob {} from {}/{}", blob.digest, name(), repository);
  crypto::Sha256 hash;
  std::uint64_t size = 0;
  http::Request request{.url = read_endpoint(repository, "blobs/" + blob.digest)};
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
  const std::string scope = pull_scope(repository);
  const http::Response answer = requests_.follow(request, scope);
  if (answer.status != 200) requests_.fail(what, answer, scope);
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
                                  name(), repository, blob.size, cap));
  }
  std::string content;
  read_blob(
      repository, blob,
      [&content](std::span<const std::byte> bytes) { content += crypto::as_text(bytes); },
      [&content] { content.clear(); });
  return content;
}

bool Registry::mount_blob(const std::string& repository, const std::string& digest,
                          const std::string& from) {
  return uploads_.mount(repository, digest, from);
}

void Registry::check_push(const std::string& repository) { begin_push(repository).get(); }

std::future<void> Registry::begin_push(const std::string& repository) {
  return uploads_.prepare(repository);
}

void Registry::upload_blob(const std::string& repository, const Descriptor& blob,
                           const http::Body& body) {
  uploads_.send(repository, blob, body);
}

}  // namespace oci
