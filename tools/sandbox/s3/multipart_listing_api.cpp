// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "sandbox/s3/checksum.hpp"
#include "sandbox/s3/multipart.hpp"
#include "sandbox/s3/page.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

xml::Element described(const Part& part, const std::string& algorithm) {
  auto element = xml::node("Part", {xml::leaf("PartNumber", part.number),
                                    xml::leaf("LastModified", timing::rfc3339(part.modified)),
                                    xml::leaf("ETag", in_quotes(part.etag)),
                                    xml::leaf("Size", static_cast<long long>(part.size()))});
  for (const auto& [name, value] : part.checksums) {
    const auto of = std::string_view(name).substr(checksum_prefix.size());
    if (of == algorithm) element.children.push_back(xml::leaf(checksum_element(of), value));
  }
  return element;
}

xml::Element identity(const Call& call, std::string_view name) {
  return xml::node(name, {xml::leaf("ID", call.owner.account)});
}

void append_checksum_kind(xml::Element& element, const Upload& upload) {
  if (upload.checksum_algorithm.empty()) return;
  element.children.push_back(
      xml::leaf("ChecksumAlgorithm", text::upper(upload.checksum_algorithm)));
  element.children.push_back(xml::leaf("ChecksumType", upload.checksum_type));
}

xml::Element described(const Call& call, const Upload& upload, const Encoding& encoding) {
  auto element = xml::node(
      "Upload", {xml::leaf("Key", encoding.shown(upload.object.key)),
                 xml::leaf("UploadId", upload.id), identity(call, "Initiator"),
                 identity(call, "Owner"), xml::leaf("StorageClass", upload.object.storage_class),
                 xml::leaf("Initiated", timing::rfc3339(upload.initiated))});
  append_checksum_kind(element, upload);
  return element;
}

// Whether an upload stands behind the markers, which are the last page's last one.
bool is_behind(const Call& call, const Upload& upload, bool& passed_marker) {
  const auto key = call.parameter("key-marker");
  const auto id = call.parameter("upload-id-marker");
  if (key.empty() || upload.object.key > key) return true;
  if (upload.object.key < key || id.empty()) return false;
  const bool behind = passed_marker;
  if (upload.id == id) passed_marker = true;
  return behind;
}

}  // namespace

Answer list_parts(const Call& call) {
  const auto upload = require_upload(call);
  const auto marker = text::find_number(call.parameter("part-number-marker")).value_or(0);
  const auto most = page_size(call, "max-parts");
  auto result =
      xml::node("ListPartsResult",
                {xml::leaf("Bucket", call.bucket), xml::leaf("Key", call.key),
                 xml::leaf("UploadId", upload.id), identity(call, "Initiator"),
                 identity(call, "Owner"), xml::leaf("StorageClass", upload.object.storage_class),
                 xml::leaf("PartNumberMarker", static_cast<long long>(marker))},
                s3_namespace);
  append_checksum_kind(result, upload);
  std::uint64_t count = 0;
  int last = 0;
  bool truncated = false;
  for (const auto& [number, part] : call.uploads.parts(upload.id)) {
    if (static_cast<std::uint64_t>(number) <= marker) continue;
    truncated = count == most;
    if (truncated) break;
    result.children.push_back(described(part, upload.checksum_algorithm));
    last = number;
    ++count;
  }
  result.children.push_back(xml::leaf("MaxParts", static_cast<long long>(most)));
  result.children.push_back(xml::leaf("IsTruncated", truncated ? "true" : "false"));
  if (truncated) result.children.push_back(xml::leaf("NextPartNumberMarker", last));
  return xml_answer(result);
}

Answer list_multipart_uploads(const Call& call) {
  const auto prefix = call.parameter("prefix");
  const auto delimiter = call.parameter("delimiter");
  const auto most = page_size(call, "max-uploads");
  const Encoding encoding(call);
  auto result = xml::node("ListMultipartUploadsResult",
                          {xml::leaf("Bucket", call.bucket),
                           xml::leaf("KeyMarker", encoding.shown(call.parameter("key-marker"))),
                           xml::leaf("UploadIdMarker", call.parameter("upload-id-marker")),
                           xml::leaf("MaxUploads", static_cast<long long>(most))},
                          s3_namespace);
  auto& children = result.children;
  if (!prefix.empty()) children.push_back(xml::leaf("Prefix", encoding.shown(prefix)));
  std::set<std::string> folded;
  std::uint64_t count = 0;
  bool passed_marker = false;
  bool truncated = false;
  const Upload* last = nullptr;
  const auto uploads = call.uploads.list(call.bucket, prefix);
  for (const auto& upload : uploads) {
    if (!is_behind(call, upload, passed_marker)) continue;
    truncated = count == most;
    if (truncated) break;
    last = &upload;
    const auto name = folded_name(upload.object.key, prefix, delimiter);
    if (name.size() == upload.object.key.size()) {
      children.push_back(described(call, upload, encoding));
      ++count;
    } else if (folded.insert(name).second) {
      children.push_back(xml::node("CommonPrefixes", {xml::leaf("Prefix", encoding.shown(name))}));
      ++count;
    }
  }
  children.push_back(xml::leaf("IsTruncated", truncated ? "true" : "false"));
  if (truncated && last != nullptr) {
    children.push_back(xml::leaf("NextKeyMarker", encoding.shown(last->object.key)));
    children.push_back(xml::leaf("NextUploadIdMarker", last->id));
  }
  return xml_answer(result);
}

}  // namespace sandbox::s3
