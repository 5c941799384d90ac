// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

struct KeptHeader {
  std::string_view name;
  std::string_view shown;
};

constexpr std::array kept_headers{
    KeptHeader{"cache-control", "Cache-Control"},
    KeptHeader{"content-disposition", "Content-Disposition"},
    KeptHeader{"content-language", "Content-Language"}, KeptHeader{"expires", "Expires"},
    KeptHeader{"x-amz-website-redirect-location", "x-amz-website-redirect-location"}};

// Wishes about storage that the sandbox would have to ignore: it refuses them instead.
constexpr std::array refused_headers{"x-amz-object-lock-", "x-amz-write-offset-bytes"};

constexpr std::array storage_classes{"STANDARD",     "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                     "ONEZONE_IA",   "INTELLIGENT_TIERING", "GLACIER",
                                     "DEEP_ARCHIVE", "GLACIER_IR"};

constexpr std::size_t longest_metadata = 2048;

// Buckets have had no ACLs by default since April 2023: only the one that changes nothing passes.
void refuse_wishes(const Call& call) {
  for (const auto& [name, value] : call.request.headers) {
    if ((name == "x-amz-acl" && value != "bucket-owner-full-control") ||
        name.starts_with("x-amz-grant-")) {
      throw Fault(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
    }
    const auto refused = [&name](std::string_view each) { return name.starts_with(each); };
    if (std::any_of(refused_headers.begin(), refused_headers.end(), refused)) {
      throw Fault(501, "NotImplemented",
                  fmt::format("the sandbox cannot carry out {}: {}", name, value),
                  {{"Header", name}});
    }
  }
}

std::string storage_class_of(const Call& call) {
  const auto name = call.header("x-amz-storage-class");
  if (name.empty()) return "STANDARD";
  if (std::find(storage_classes.begin(), storage_classes.end(), name) == storage_classes.end()) {
    throw Fault(400, "InvalidStorageClass", "The storage class you specified is not valid",
                {{"StorageClassRequested", std::string(name)}});
  }
  return std::string(name);
}

// The encodings of the object itself: aws-chunked was one of the transfer.
std::string object_encoding(std::string_view header) {
  std::vector<std::string> kept;
  for (const auto piece : text::split(header, ',')) {
    const auto name = text::trim(piece);
    if (!name.empty() && name != "aws-chunked") kept.emplace_back(name);
  }
  return text::join(kept, ",");
}

void keep_metadata(const Call& call, ObjectVersion& object) {
  constexpr std::string_view prefix = "x-amz-meta-";
  std::size_t total = 0;
  for (const auto& [name, value] : call.request.headers) {
    if (!name.starts_with(prefix)) continue;
    total += name.size() - prefix.size() + value.size();
    object.headers.emplace(name, value);
  }
  if (total > longest_metadata) {
    throw Fault(400, "MetadataTooLarge",
                "Your metadata headers exceed the maximum allowed metadata size",
                {{"MaxSizeAllowed", std::to_string(longest_metadata)}});
  }
}

}  // namespace

ObjectVersion described_object(const Call& call) {
  refuse_wishes(call);
  ObjectVersion object{.key = call.key};
  object.content_type = call.header("content-type");
  if (object.content_type.empty()) object.content_type = "binary/octet-stream";
  for (const auto& kept : kept_headers) {
    if (const auto value = call.header(kept.name); !value.empty()) {
      object.headers.emplace(kept.shown, value);
    }
  }
  if (auto encoding = object_encoding(call.header("content-encoding")); !encoding.empty()) {
    object.headers.emplace("Content-Encoding", std::move(encoding));
  }
  keep_metadata(call, object);
  object.storage_class = storage_class_of(call);
  const auto settings = call.store.find_bucket(call.bucket).value_or(BucketSettings());
  object.encryption =
      requested_encryption(call.request.headers, settings.encryption,
                           {.account = call.owner.account, .region = settings.region});
  object.tags = tags_of_header(call.header("x-amz-tagging"));
  return object;
}

bool keeps_versions(const Call& call) {
  const auto settings = call.store.find_bucket(call.bucket);
  return settings && settings->versioning != Versioning::never;
}

Pairs shown_headers(const Call& call, const ObjectVersion& object) {
  Pairs headers{{"Content-Type", object.content_type},
                {"ETag", in_quotes(object.etag)},
                {"Last-Modified", timing::http_date(object.modified)},
                {"Accept-Ranges", "bytes"}};
  if (keeps_versions(call)) headers.emplace_back("x-amz-version-id", object.version);
  if (object.storage_class != "STANDARD") {
    headers.emplace_back("x-amz-storage-class", object.storage_class);
  }
  if (!object.tags.empty()) {
    headers.emplace_back("x-amz-tagging-count", std::to_string(object.tags.size()));
  }
  auto encryption = shown(object.encryption);
  std::move(encryption.begin(), encryption.end(), std::back_inserter(headers));
  // A part of an object has none of the whole's checksums.
  const bool is_whole = call.header("range").empty() && call.parameter("partNumber").empty();
  const bool show_checksums = is_whole && call.header("x-amz-checksum-mode") == "ENABLED";
  for (const auto& [name, value] : object.headers) {
    if (!name.starts_with("x-amz-checksum-") || show_checksums) headers.emplace_back(name, value);
  }
  // response-content-type=text/plain overrides what the answer says, not what is stored.
  constexpr std::string_view prefix = "response-";
  for (const auto& [parameter, value] : call.query) {
    if (!parameter.starts_with(prefix)) continue;
    const auto name = std::string_view(parameter).substr(prefix.size());
    std::erase_if(headers, [name](const auto& header) {
      return text::equal_ignoring_case(header.first, name);
    });
    headers.emplace_back(name, value);
  }
  return headers;
}

}  // namespace sandbox::s3
