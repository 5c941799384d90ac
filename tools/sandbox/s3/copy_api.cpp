// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <array>

#include "file/file.hpp"
#include "sandbox/s3/checksum.hpp"
#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

struct Source {
  std::string bucket{};
  std::string key{};
  std::string version{};
};

// "/bucket/key?versionId=…", percent-encoded, the first slash optional.
Source source_of(const Call& call) {
  auto given = call.header("x-amz-copy-source");
  Source source;
  if (const auto halves = text::cut(given, "?versionId=")) {
    given = halves->first;
    source.version = halves->second;
  }
  const auto plain = text::find_percent_decoded(given).value_or(std::string(given));
  std::string_view path(plain);
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto place = text::cut(path, "/");
  if (!place || place->second.empty()) {
    throw Fault(400, "InvalidArgument",
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                {{"ArgumentName", "x-amz-copy-source"}});
  }
  source.bucket = place->first;
  source.key = place->second;
  return source;
}

ObjectVersion require_source(const Call& call, const Source& source) {
  if (!call.store.has_bucket(source.bucket)) {
    throw Fault(404, "NoSuchBucket", "The specified bucket does not exist",
                {{"BucketName", source.bucket}});
  }
  const auto expected = call.header("x-amz-source-expected-bucket-owner");
  if (!expected.empty() && expected != call.owner.account) {
    throw Fault(403, "AccessDenied", "Access Denied");
  }
  auto object = call.store.find(source.bucket, source.key, source.version);
  if (!object) {
    throw Fault(404, "NoSuchKey", "The specified key does not exist.", {{"Key", source.key}});
  }
  const auto match = call.header("x-amz-copy-source-if-match");
  const auto none_match = call.header("x-amz-copy-source-if-none-match");
  if ((!match.empty() && without_quotes(match) != object->etag) ||
      (!none_match.empty() && without_quotes(none_match) == object->etag)) {
    refuse_precondition(call);
  }
  return *std::move(object);
}

// The MD5 of a copy is that of all bytes, also when its source came in parts.
std::string etag_of(const ObjectVersion& source) {
  if (!source.is_multipart()) return source.etag;
  Digest md5(Digest::Algorithm::md5);
  std::array<char, 1U << 16U> piece;
  for (const auto& blob : source.blobs) {
    const auto fd = file::open_for_reading(blob->path());
    while (true) {
      const auto count = ::read(fd.get(), piece.data(), piece.size());
      if (count <= 0) break;
      md5.update({piece.data(), static_cast<std::size_t>(count)});
    }
  }
  const auto digest = md5.finish();
  return text::hex(std::as_bytes(std::span(digest)));
}

bool replaces(const Call& call, std::string_view directive) {
  const auto value = call.header(directive);
  if (!value.empty() && value != "COPY" && value != "REPLACE") {
    throw Fault(400, "InvalidArgument", fmt::format("Unknown {}: {}", directive, value));
  }
  return value == "REPLACE";
}

}  // namespace

Answer copy_object(const Call& call) {
  const auto place = source_of(call);
  const auto source = require_source(call, place);
  auto object = described_object(call);
  const bool new_metadata = replaces(call, "x-amz-metadata-directive");
  const bool new_tags = replaces(call, "x-amz-tagging-directive");
  const bool onto_itself = place.bucket == call.bucket && place.key == call.key;
  if (onto_itself && !new_metadata && object.storage_class == source.storage_class &&
      place.version.empty() && call.header("x-amz-server-side-encryption").empty()) {
    throw Fault(400, "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself "
                "without changing the object's metadata, storage class, website redirect location "
                "or encryption attributes.");
  }
  if (!new_metadata) {
    object.content_type = source.content_type;
    object.headers = source.headers;
  }
  if (!new_tags) object.tags = source.tags;
  object.blobs = source.blobs;
  object.etag = etag_of(source);
  if (object.etag != source.etag) {
    std::erase_if(object.headers,
                  [](const auto& header) { return header.first.starts_with(checksum_prefix); });
  }
  const ConditionalWrite write(call);
  const auto stored = write.store(std::move(object));
  auto answer = xml_answer(xml::node("CopyObjectResult",
                                     {xml::leaf("LastModified", timing::rfc3339(stored.modified)),
                                      xml::leaf("ETag", in_quotes(stored.etag))},
                                     s3_namespace));
  if (keeps_versions(call)) {
    answer.headers.emplace_back("x-amz-version-id", stored.version);
    answer.headers.emplace_back("x-amz-copy-source-version-id", source.version);
  }
  const auto encryption = shown(stored.encryption);
  answer.headers.insert(answer.headers.end(), encryption.begin(), encryption.end());
  return answer;
}

}  // namespace sandbox::s3
