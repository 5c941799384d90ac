// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "sandbox/s3/operations.hpp"
#include "sandbox/s3/reception.hpp"
#include "sandbox/server/fault.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {
namespace {

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

// partNumber=N: the N-th part of a multipart upload, as a range.
std::optional<ByteRange> find_part(const Call& call, const ObjectVersion& object) {
  const auto parameter = call.parameter("partNumber");
  if (parameter.empty()) return std::nullopt;
  const auto number = text::find_number(parameter);
  if (!number || *number < 1 || *number > 10'000) {
    throw Fault(400, "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive");
  }
  if (*number > object.blobs.size()) {
    throw Fault(416, "InvalidPartNumber", "The requested partnumber is not satisfiable");
  }
  ByteRange range;
  for (std::size_t i = 0; i + 1 < *number; ++i) range.begin += object.blobs[i]->size();
  range.size = object.blobs[*number - 1]->size();
  return range;
}

std::vector<FilePart> files_of(const ObjectVersion& object, ByteRange range) {
  std::vector<FilePart> files;
  for (const auto& blob : object.blobs) {
    if (range.size == 0) break;
    if (range.begin < blob->size()) {
      const auto size = std::min(range.size, blob->size() - range.begin);
      files.push_back({blob->path(), range.begin, size, blob});
      range.begin = 0;
      range.size -= size;
    } else {
      range.begin -= blob->size();
    }
  }
  return files;
}

void refuse_archived(const ObjectVersion& object) {
  if (object.storage_class != "GLACIER" && object.storage_class != "DEEP_ARCHIVE") return;
  throw Fault(403, "InvalidObjectState",
              "The operation is not valid for the object's storage class",
              {{"StorageClass", object.storage_class}});
}

}  // namespace

Answer put_object(const Call& call) {
  auto object = described_object(call);
  const ConditionalWrite write(call);
  ReceptionWishes wishes{.md5 = !object.encryption.is_kms()};
  // S3 computes this one itself for an upload that brings none.
  wishes.checksums = {"crc64nvme"};
  for (const auto& [name, value] : call.request.headers) {
    const bool is_value = name.starts_with("x-amz-checksum-") || name == "x-amz-trailer";
    if (is_value && name != "x-amz-checksum-algorithm") wishes.checksums.clear();
  }
  auto received = receive(call, wishes);
  object.etag = received.etag;
  object.blobs = {std::move(received.blob)};
  for (const auto& [name, value] : received.checksums) object.headers.emplace(name, value);
  object.headers.emplace("x-amz-checksum-type", "FULL_OBJECT");
  const auto stored = write.store(std::move(object));
  Answer answer;
  answer.headers = {{"ETag", in_quotes(stored.etag)}, {"x-amz-checksum-type", "FULL_OBJECT"}};
  if (keeps_versions(call)) answer.headers.emplace_back("x-amz-version-id", stored.version);
  for (const auto& pairs : {shown(stored.encryption), received.checksums}) {
    answer.headers.insert(answer.headers.end(), pairs.begin(), pairs.end());
  }
  return answer;
}

Answer get_object(const Call& call) {
  const auto object = require_object(call);
  if (auto answer = failed_condition(call, object)) return *std::move(answer);
  if (call.request.method == "GET") refuse_archived(object);
  const auto size = object.size();
  const auto part = find_part(call, object);
  const auto range = part ? part : find_range(call.header("range"), size);
  Answer answer;
  answer.headers = shown_headers(call, object);
  if (part && object.is_multipart()) {
    answer.headers.emplace_back("x-amz-mp-parts-count", std::to_string(object.blobs.size()));
  }
  if (range) {
    answer.status = 206;
    answer.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", range->begin,
                                                             range->begin + range->size - 1, size));
  }
  answer.files = files_of(object, range.value_or(ByteRange{0, size}));
  return answer;
}

}  // namespace sandbox::s3
