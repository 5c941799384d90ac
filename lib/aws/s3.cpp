// SPDX-License-Identifier: Apache-2.0
#include "aws/s3.hpp"

#include <fmt/core.h>

#include <array>
#include <utility>

#include "aws/s3_headers.hpp"
#include "base/error.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

// "…-12" is a checksum over the checksums of twelve parts, which says nothing about the bytes in a
// row.
std::string whole_checksum(const http::Headers& headers, std::string_view name) {
  auto value = headers.find(name).value_or("");
  return value.find('-') == std::string::npos ? value : std::string();
}

std::string version_of(const http::Headers& headers) {
  const auto version = headers.find("x-amz-version-id").value_or("");
  return version == "null" ? std::string() : version;
}

}  // namespace

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::string checksum_text(std::uint64_t crc64nvme) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes.at(i) = static_cast<std::byte>(crc64nvme >> (8U * (7 - i)));
  }
  return text::base64(bytes);
}

std::string ObjectName::uri() const {
  auto text = fmt::format("s3://{}/{}", bucket, key);
  if (!version.empty()) text += "?versionId=" + version;
  return text;
}

base::Error refusal(std::string_view operation, const ObjectName& name, const Failure& failure) {
  return error_of(failure, fmt::format("{} {}", operation, name.uri()));
}

StoredObject stored_object(const http::Headers& headers) {
  return {.size = text::find_number(headers.find("Content-Length").value_or("")).value_or(0),
          .etag = without_quotes(headers.find("ETag").value_or("")),
          .version = version_of(headers),
          .checksum_sha256 = whole_checksum(headers, "x-amz-checksum-sha256"),
          .checksum_crc64nvme = whole_checksum(headers, "x-amz-checksum-crc64nvme"),
          .claimed_sha256 = headers.find(sha256_metadata).value_or(""),
          .encryption = headers.find("x-amz-server-side-encryption").value_or("")};
}

http::Headers headers_of(const ObjectSettings& settings) {
  http::Headers headers{{"Content-Type", settings.content_type}};
  const auto add = [&headers](std::string_view name, const std::string& value) {
    if (!value.empty()) headers.add(std::string(name), value);
  };
  add("x-amz-server-side-encryption", settings.encryption);
  add("x-amz-server-side-encryption-aws-kms-key-id", settings.kms_key_id);
  // One data key per bucket and not per object: the same protection for fewer calls of KMS. It is
  // not to be had with dual-layer encryption.
  if (settings.encryption == "aws:kms") {
    headers.add("x-amz-server-side-encryption-bucket-key-enabled", "true");
  }
  add("x-amz-storage-class", settings.storage_class);
  std::string tags;
  for (const auto& [name, value] : settings.tags) {
    if (!tags.empty()) tags += '&';
    tags += text::percent_encode(name) + "=" + text::percent_encode(value);
  }
  add("x-amz-tagging", tags);
  add(sha256_metadata, settings.sha256_hex);
  return headers;
}

base::Error no_etag(std::string_view operation, const ObjectName& name) {
  return {base::Kind::unavailable,
          fmt::format("{} {}: the answer has no ETag", operation, name.uri()),
          "check that the address is S3's own and no proxy's"};
}

Answer<http::Response> S3::ask(S3Request request) {
  if (!options_.expected_owner.empty()) {
    request.headers.add("x-amz-expected-bucket-owner", options_.expected_owner);
  }
  return caller_->send_s3(request);
}

Answer<StoredObject> S3::put_object(const NewObject& object) {
  S3Request request{.operation = "PutObject",
                    .method = "PUT",
                    .bucket = object.name.bucket,
                    .key = object.name.key,
                    .headers = headers_of(object.settings),
                    .body = object.body,
                    .payload_hash = text::hex(object.sha256)};
  request.headers.add("x-amz-checksum-sha256", text::base64(object.sha256));
  if (object.condition == Condition::if_absent) request.headers.add("If-None-Match", "*");
  auto answer = ask(std::move(request));
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  auto stored = stored_object(std::get<http::Response>(answer).headers);
  stored.size = object.body.size;
  if (stored.etag.empty()) throw no_etag("PutObject", object.name);
  return stored;
}

Answer<StoredObject> S3::head_object(const ObjectName& name) {
  S3Request request{.operation = "HeadObject",
                    .method = "HEAD",
                    .bucket = name.bucket,
                    .key = name.key,
                    .headers = {{"x-amz-checksum-mode", "ENABLED"}}};
  if (!name.version.empty()) request.query.emplace_back("versionId", name.version);
  auto answer = ask(std::move(request));
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  return stored_object(std::get<http::Response>(answer).headers);
}

Answer<bool> S3::is_versioned(const std::string& bucket) {
  auto answer =
      ask({.operation = "GetBucketVersioning", .bucket = bucket, .query = {{"versioning", ""}}});
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  return answered_document("GetBucketVersioning", std::get<http::Response>(answer))
             .text_of("Status") == "Enabled";
}

bool S3::signs_parts() const { return caller_->endpoint(Service::s3).scheme != "https"; }

}  // namespace aws
