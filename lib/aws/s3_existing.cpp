// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_existing.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "aws/s3_parts.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "logging/log.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/human.hpp"

namespace aws {
namespace {

// An MD5 is worth the reading only for what can have been one PUT of ordinary size.
constexpr std::uint64_t largest_by_etag = 16ULL << 20U;

std::string bytes_of(const http::Body& body) {
  std::string bytes(body.size, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto count = body.read(filled, std::span(bytes).subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  return bytes;
}

std::uint64_t whole_crc(const UploadContent& content) {
  const auto size = content.part_size > 0 ? content.part_size : part_size_for(content.body.size, 0);
  return Parts(content, size).crc64nvme();
}

Uploaded uploaded(const UploadRequest& request, StoredObject stored, Origin origin) {
  auto name = request.name;
  name.version = stored.version;
  return {.name = std::move(name),
          .object = std::move(stored),
          .sent = origin == Origin::sent_now,
          .verified = true};
}

base::Error occupied(const UploadRequest& request, std::string_view why) {
  return {base::Kind::conflict,
          fmt::format("put {}: there is an object already, {}", request.name.uri(), why),
          "somebody else wrote it: remove it, or use another key"};
}

base::Error other_content(const UploadRequest& request, const StoredObject& stored) {
  return occupied(
      request, fmt::format("of {} with other content; ours has {}", text::human_size(stored.size),
                           text::human_size(request.content.body.size)));
}

}  // namespace

Condition condition_of(const UploadRequest& request) {
  return request.existing == Existing::refuse_other ? Condition::if_absent : Condition::none;
}

std::optional<bool> holds(const StoredObject& stored, const UploadContent& content) {
  if (stored.size != content.body.size) return false;
  if (!stored.checksum_sha256.empty()) {
    return stored.checksum_sha256 == text::base64(content.sha256);
  }
  if (!stored.checksum_crc64nvme.empty()) {
    return stored.checksum_crc64nvme == checksum_text(whole_crc(content));
  }
  if (!stored.claimed_sha256.empty()) return stored.claimed_sha256 == text::hex(content.sha256);
  if (content.body.size <= largest_by_etag &&
      stored.etag == text::hex(crypto::md5(bytes_of(content.body)))) {
    return true;
  }
  return std::nullopt;
}

std::optional<Uploaded> find_equal(S3& s3, const UploadRequest& request) {
  auto answer = s3.head_object(request.name);
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    // A 403 may mean "not there" to who may not list the bucket; writing will tell.
    if (failure->status == 404 || failure->status == 403) return std::nullopt;
    throw refusal("HeadObject", request.name, *failure);
  }
  auto& stored = std::get<StoredObject>(answer);
  const auto same = holds(stored, request.content);
  if (same.value_or(false)) return uploaded(request, std::move(stored), Origin::found);
  if (request.existing == Existing::replace) return std::nullopt;
  if (!same) throw occupied(request, "and the service keeps no checksum to compare");
  throw other_content(request, stored);
}

Uploaded require_equal(S3& s3, const UploadRequest& request, Origin origin) {
  auto answer = s3.head_object(request.name);
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    if (failure->status == 403) {
      throw occupied(request, "and s3:GetObject is not allowed, so it cannot be compared");
    }
    throw refusal("HeadObject", request.name, *failure);
  }
  auto& stored = std::get<StoredObject>(answer);
  const auto same = holds(stored, request.content);
  if (!same) throw occupied(request, "and the service keeps no checksum to compare");
  if (!*same) throw other_content(request, stored);
  return uploaded(request, std::move(stored), origin);
}

Uploaded verified(S3& s3, const UploadRequest& request, const StoredObject& stored) {
  auto name = request.name;
  name.version = stored.version;
  auto answer = s3.head_object(name);
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    if (failure->status == 403) {
      logging::debug("not allowed to read {} back (s3:GetObject)", name.uri());
      return {.name = name, .object = stored, .sent = true};
    }
    if (failure->status == 404) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("verify {}: it was accepted and is not there", name.uri()));
    }
    throw refusal("HeadObject", name, *failure);
  }
  auto& found = std::get<StoredObject>(answer);
  const bool same_version = stored.version.empty() || found.version == stored.version;
  if (found.etag == stored.etag && same_version && holds(found, request.content).value_or(true)) {
    return uploaded(request, std::move(found), Origin::sent_now);
  }
  throw base::Error(
      base::Kind::integrity,
      fmt::format("verify {}: sent {} bytes, ETag {}; found {} bytes, ETag {}, version {}",
                  name.uri(), request.content.body.size, stored.etag, found.size, found.etag,
                  found.version.empty() ? "none" : found.version),
      "do not deploy that version; somebody else may write to this key; run it again");
}

}  // namespace aws
