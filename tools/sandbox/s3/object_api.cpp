// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sandbox/s3/checksum.hpp"
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

constexpr std::array kept_headers{KeptHeader{"cache-control", "Cache-Control"},
                                  KeptHeader{"content-disposition", "Content-Disposition"},
                                  KeptHeader{"content-language", "Content-Language"},
                                  KeptHeader{"expires", "Expires"}};

// Wishes about storage that the sandbox would have to ignore: it refuses them instead.
constexpr std::array refused_headers{
    "x-amz-copy-source",  "x-amz-tagging",       "x-amz-website-redirect-location",
    "x-amz-acl",          "x-amz-storage-class", "x-amz-server-side-encryption",
    "x-amz-object-lock-", "x-amz-grant-",        "x-amz-write-offset-bytes"};

bool is_default(std::string_view name, std::string_view value) {
  return (name == "x-amz-storage-class" && value == "STANDARD") ||
         (name == "x-amz-acl" && value == "private");
}

void refuse_wishes(const Call& call) {
  for (const auto& [name, value] : call.request.headers) {
    const auto refused = [&name](std::string_view each) { return name.starts_with(each); };
    if (std::any_of(refused_headers.begin(), refused_headers.end(), refused) &&
        !is_default(name, value)) {
      throw Fault(501, "NotImplemented",
                  fmt::format("the sandbox cannot carry out {}: {}", name, value),
                  {{"Header", name}});
    }
  }
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

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
};

// One range of RFC 9110: "bytes=0-499", "bytes=500-", "bytes=-500". Absent when the header asks
// for nothing that S3 serves in parts, which then sends the whole. Throws InvalidRange.
std::optional<ByteRange> find_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return std::nullopt;
  const auto ends = text::cut(header.substr(unit.size()), "-");
  if (!ends) return std::nullopt;
  const auto first = text::find_number(ends->first);
  const auto last = text::find_number(ends->second);
  const Fault outside(416, "InvalidRange", "The requested range is not satisfiable",
                      {{"ActualObjectSize", std::to_string(size)}});
  if (ends->first.empty()) {
    if (!last) return std::nullopt;
    if (*last == 0 || size == 0) throw outside;
    const auto length = std::min(*last, size);
    return ByteRange{size - length, length};
  }
  if (!first || (!last && !ends->second.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) throw outside;
  return ByteRange{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

Fault no_such_key(const Call& call, const std::optional<ObjectVersion>& marker) {
  const auto version = call.parameter("versionId");
  if (!version.empty() && !marker) {
    return {404,
            "NoSuchVersion",
            "The specified version does not exist.",
            {{"Key", call.key}, {"VersionId", std::string(version)}}};
  }
  return {404, "NoSuchKey", "The specified key does not exist.", {{"Key", call.key}}};
}

ObjectVersion require_object(const Call& call) {
  auto entry = call.store.find_entry(call.bucket, call.key, call.parameter("versionId"));
  if (!entry) throw no_such_key(call, entry);
  if (entry->delete_marker && call.has_parameter("versionId")) {
    throw Fault(405, "MethodNotAllowed",
                "The specified method is not allowed against this resource.");
  }
  if (entry->delete_marker) throw no_such_key(call, entry);
  return *std::move(entry);
}

bool names_etag(std::string_view header, std::string_view etag) {
  const auto pieces = text::split(header, ',');
  return std::any_of(pieces.begin(), pieces.end(), [etag](std::string_view piece) {
    const auto name = text::trim(piece);
    return name == "*" || without_quotes(name) == etag;
  });
}

// 412 or 304 for a conditional read whose condition does not hold. RFC 9110, 13.2.2: the ETag
// conditions come before the dates.
std::optional<Answer> failed_condition(const Call& call, const ObjectVersion& object) {
  const auto modified = std::chrono::floor<std::chrono::seconds>(object.modified);
  if (const auto match = call.header("if-match"); !match.empty()) {
    if (!names_etag(match, object.etag)) return precondition_failed(call);
  } else if (const auto since = timing::find_http_date(call.header("if-unmodified-since"))) {
    if (modified > *since) return precondition_failed(call);
  }
  const Answer not_modified{.status = 304, .headers = {{"ETag", in_quotes(object.etag)}}};
  if (const auto match = call.header("if-none-match"); !match.empty()) {
    if (names_etag(match, object.etag)) return not_modified;
  } else if (const auto since = timing::find_http_date(call.header("if-modified-since"))) {
    if (modified <= *since) return not_modified;
  }
  return std::nullopt;
}

Pairs headers_of(const Call& call, const ObjectVersion& object, bool whole) {
  Pairs headers{{"Content-Type", object.content_type},
                {"ETag", in_quotes(object.etag)},
                {"Last-Modified", timing::http_date(object.modified)},
                {"x-amz-version-id", object.version},
                {"Accept-Ranges", "bytes"}};
  const bool show_checksums = whole && call.header("x-amz-checksum-mode") == "ENABLED";
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
  for (const auto& [name, value] : call.request.headers) {
    if (name.starts_with("x-amz-meta-")) object.headers.emplace(name, value);
  }
  return object;
}

Precondition precondition_of(const Call& call) {
  const auto none_match = call.header("if-none-match");
  if (!none_match.empty() && none_match != "*") {
    throw Fault(501, "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                {{"Header", "If-None-Match"}});
  }
  return {.absent = !none_match.empty(), .etag = without_quotes(call.header("if-match"))};
}

Answer precondition_failed(const Call& call) {
  throw Fault(412, "PreconditionFailed",
              "At least one of the pre-conditions you specified did not hold",
              {{"Condition", call.header("if-match").empty() ? "If-None-Match" : "If-Match"}});
}

Answer put_object(const Call& call) {
  auto object = described_object(call);
  const auto checksums = verified_checksums(call.request.headers, call.request.body);
  for (const auto& [name, value] : checksums) object.headers.emplace(name, value);
  if (!checksums.empty()) object.headers.emplace("x-amz-checksum-type", "FULL_OBJECT");
  const auto stored =
      call.store.put_if(precondition_of(call), call.bucket, std::move(object), call.request.body);
  if (!stored) return precondition_failed(call);
  Answer answer;
  answer.headers = {{"ETag", in_quotes(stored->etag)}, {"x-amz-version-id", stored->version}};
  answer.headers.insert(answer.headers.end(), checksums.begin(), checksums.end());
  return answer;
}

Answer get_object(const Call& call) {
  const auto object = require_object(call);
  if (auto answer = failed_condition(call, object)) return *std::move(answer);
  const auto range = find_range(call.header("range"), object.size);
  Answer answer;
  answer.headers = headers_of(call, object, !range);
  if (range) {
    answer.status = 206;
    answer.headers.emplace_back(
        "Content-Range",
        fmt::format("bytes {}-{}/{}", range->begin, range->begin + range->size - 1, object.size));
  }
  answer.file = range ? FilePart{object.file, range->begin, range->size}
                      : FilePart{object.file, 0, object.size};
  return answer;
}

Answer delete_object(const Call& call) {
  const auto removal = call.store.remove(call.bucket, call.key, call.parameter("versionId"));
  Answer answer{.status = 204};
  answer.headers = {{"x-amz-version-id", removal.version}};
  if (removal.delete_marker) answer.headers.emplace_back("x-amz-delete-marker", "true");
  return answer;
}

}  // namespace sandbox::s3
