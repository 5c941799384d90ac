// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "sandbox/s3/checksum.hpp"
#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "sandbox/server/xml.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::uint64_t smallest_part = 5U << 20U;  // of all but the last
constexpr std::uint64_t largest_object = 512U << 20U;
constexpr std::uint64_t most_parts = 10'000;

Answer xml_answer(const xml::Element& document) {
  Answer answer;
  answer.headers = {{"Content-Type", "application/xml"}};
  answer.body = xml::write_document(document);
  return answer;
}

Upload require_upload(const Call& call) {
  auto upload = call.uploads.find(call.bucket, call.key, call.parameter("uploadId"));
  if (!upload) {
    throw Fault(404, "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload "
                "may have been aborted or completed.",
                {{"UploadId", std::string(call.parameter("uploadId"))}});
  }
  return *std::move(upload);
}

struct NamedPart {
  int number = 0;
  std::string etag{};
  Pairs checksums{};  // as header names
};

std::vector<NamedPart> named_parts(const Call& call) {
  std::vector<NamedPart> result;
  try {
    for (const auto& element : xml::parse(call.request.body).children) {
      if (element.name != "Part") continue;
      NamedPart part;
      part.number = static_cast<int>(text::find_number(element.text_of("PartNumber")).value_or(0));
      part.etag = without_quotes(element.text_of("ETag"));
      for (const auto& child : element.children) {
        constexpr std::string_view prefix = "Checksum";
        if (!child.name.starts_with(prefix)) continue;
        part.checksums.emplace_back(
            "x-amz-checksum-" + text::lower(std::string_view(child.name).substr(prefix.size())),
            text::trim(child.text));
      }
      result.push_back(std::move(part));
    }
  } catch (const base::Error&) {
    result.clear();
  }
  if (result.empty()) {
    throw Fault(400, "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema");
  }
  return result;
}

const Part& matching_part(const Upload& upload, const NamedPart& named) {
  const auto found = upload.parts.find(named.number);
  const auto agrees = [&found](const auto& checksum) {
    const auto* stored = find_value(found->second.checksums, checksum.first);
    return stored != nullptr && *stored == checksum.second;
  };
  if (found == upload.parts.end() || found->second.etag != named.etag ||
      !std::all_of(named.checksums.begin(), named.checksums.end(), agrees)) {
    throw Fault(400, "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been "
                "uploaded, or the specified entity tag may not match the part's entity tag.",
                {{"PartNumber", std::to_string(named.number)}, {"ETag", named.etag}});
  }
  return found->second;
}

std::vector<Part> chosen_parts(const Upload& upload, const std::vector<NamedPart>& named) {
  std::vector<Part> result;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (i > 0 && named[i].number <= named[i - 1].number) {
      throw Fault(400, "InvalidPartOrder",
                  "The list of parts was not in ascending order. Parts must be ordered by part "
                  "number.");
    }
    const auto& part = matching_part(upload, named[i]);
    if (i + 1 < named.size() && part.size < smallest_part) {
      throw Fault(400, "EntityTooSmall",
                  "Your proposed upload is smaller than the minimum allowed size",
                  {{"PartNumber", std::to_string(part.number)}});
    }
    total += part.size;
    result.push_back(part);
  }
  if (total > largest_object) {
    throw Fault(400, "EntityTooLarge", "the sandbox takes objects of up to 512 MiB");
  }
  return result;
}

std::string joined(const std::vector<Part>& parts) {
  std::string bytes;
  for (const auto& part : parts) bytes += file::read(part.file, largest_object);
  return bytes;
}

// md5 of the parts' md5s, "-" and their number.
std::string multipart_etag(const std::vector<Part>& parts) {
  std::string digests;
  for (const auto& part : parts) {
    const auto digest = text::find_bytes_of_hex(part.etag);
    if (digest) digests += crypto::as_text(*digest);
  }
  return fmt::format("{}-{}", text::hex(crypto::md5(digests)), parts.size());
}

// The object's checksum: over its bytes (FULL_OBJECT), or over the parts' checksums (COMPOSITE).
std::optional<std::string> object_checksum(const Upload& upload, const std::vector<Part>& parts,
                                           std::string_view bytes) {
  const auto& algorithm = upload.checksum_algorithm;
  if (algorithm.empty()) return std::nullopt;
  if (upload.checksum_type == "FULL_OBJECT") return checksum(algorithm, bytes);
  std::string digests;
  for (const auto& part : parts) {
    const auto* encoded = find_value(part.checksums, "x-amz-checksum-" + algorithm);
    const auto digest = encoded ? text::find_bytes_of_base64(*encoded) : std::nullopt;
    if (!digest) return std::nullopt;
    digests += *digest;
  }
  const auto whole = checksum(algorithm, digests);
  return whole ? std::optional(fmt::format("{}-{}", *whole, parts.size())) : std::nullopt;
}

// What the client says about the whole, where it says anything.
void check_whole(const Call& call, const Upload& upload, std::string_view bytes,
                 const std::optional<std::string>& computed) {
  const auto size = call.header("x-amz-mp-object-size");
  if (!size.empty() && text::find_number(size) != bytes.size()) {
    throw Fault(400, "InvalidRequest",
                "The provided 'x-amz-mp-object-size' header does not match the size of the parts.");
  }
  const auto given = call.header("x-amz-checksum-" + upload.checksum_algorithm);
  if (!upload.checksum_algorithm.empty() && !given.empty() && computed && given != *computed) {
    throw Fault(400, "BadDigest", "The checksum of the object does not match its parts.");
  }
}

xml::Element described(const Part& part) {
  auto element = xml::node("Part", {xml::leaf("PartNumber", part.number),
                                    xml::leaf("LastModified", timing::rfc3339(part.modified)),
                                    xml::leaf("ETag", in_quotes(part.etag)),
                                    xml::leaf("Size", static_cast<long long>(part.size))});
  for (const auto& [name, value] : part.checksums) {
    constexpr std::size_t prefix = std::string_view("x-amz-checksum-").size();
    element.children.push_back(xml::leaf("Checksum" + text::upper(name.substr(prefix)), value));
  }
  return element;
}

}  // namespace

Answer create_multipart_upload(const Call& call) {
  Upload upload;
  upload.bucket = call.bucket;
  upload.object = described_object(call);
  upload.checksum_algorithm = text::lower(call.header("x-amz-checksum-algorithm"));
  upload.checksum_type = call.header("x-amz-checksum-type");
  if (!upload.checksum_algorithm.empty() && !checksum(upload.checksum_algorithm, "")) {
    throw Fault(501, "NotImplemented",
                fmt::format("the sandbox cannot check {}", upload.checksum_algorithm));
  }
  if (upload.checksum_type.empty()) {
    upload.checksum_type = upload.checksum_algorithm == "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE";
  }
  Pairs headers{{"Content-Type", "application/xml"}};
  if (!upload.checksum_algorithm.empty()) {
    headers.emplace_back("x-amz-checksum-algorithm", text::upper(upload.checksum_algorithm));
    headers.emplace_back("x-amz-checksum-type", upload.checksum_type);
  }
  const auto id = call.uploads.begin(std::move(upload));
  auto answer = xml_answer(xml::node(
      "InitiateMultipartUploadResult",
      {xml::leaf("Bucket", call.bucket), xml::leaf("Key", call.key), xml::leaf("UploadId", id)},
      s3_namespace));
  answer.headers = std::move(headers);
  return answer;
}

Answer upload_part(const Call& call) {
  const auto upload = require_upload(call);
  const auto number = text::find_number(call.parameter("partNumber"));
  if (!number || *number < 1 || *number > most_parts) {
    throw Fault(400, "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive");
  }
  if (!call.header("x-amz-copy-source").empty()) {
    throw Fault(501, "NotImplemented", "the sandbox cannot carry out x-amz-copy-source",
                {{"Header", "x-amz-copy-source"}});
  }
  Part part{.number = static_cast<int>(*number)};
  part.checksums = verified_checksums(call.request.headers, call.request.body);
  auto checksums = part.checksums;
  if (!call.uploads.put(upload.id, std::move(part), call.request.body)) require_upload(call);
  Answer answer;
  answer.headers = {{"ETag", in_quotes(text::hex(crypto::md5(call.request.body)))}};
  std::move(checksums.begin(), checksums.end(), std::back_inserter(answer.headers));
  return answer;
}

Answer complete_multipart_upload(const Call& call) {
  auto upload = require_upload(call);
  const auto parts = chosen_parts(upload, named_parts(call));
  const auto bytes = joined(parts);
  const auto whole = object_checksum(upload, parts, bytes);
  check_whole(call, upload, bytes, whole);
  auto object = std::move(upload.object);
  object.etag = multipart_etag(parts);
  if (whole) {
    object.headers.emplace("x-amz-checksum-" + upload.checksum_algorithm, *whole);
    object.headers.emplace("x-amz-checksum-type", upload.checksum_type);
  }
  const auto stored =
      call.store.put_if(precondition_of(call), call.bucket, std::move(object), bytes);
  if (!stored) return precondition_failed(call);
  call.uploads.end(upload.id);
  auto result = xml::node(
      "CompleteMultipartUploadResult",
      {xml::leaf("Location", "/" + call.bucket + "/" + call.key), xml::leaf("Bucket", call.bucket),
       xml::leaf("Key", call.key), xml::leaf("ETag", in_quotes(stored->etag))},
      s3_namespace);
  if (whole) {
    result.children.push_back(
        xml::leaf("Checksum" + text::upper(upload.checksum_algorithm), *whole));
    result.children.push_back(xml::leaf("ChecksumType", upload.checksum_type));
  }
  auto answer = xml_answer(result);
  answer.headers.emplace_back("x-amz-version-id", stored->version);
  return answer;
}

Answer abort_multipart_upload(const Call& call) {
  call.uploads.end(require_upload(call).id);
  return {.status = 204};
}

Answer list_parts(const Call& call) {
  const auto upload = require_upload(call);
  const auto marker = text::find_number(call.parameter("part-number-marker")).value_or(0);
  const auto most =
      std::min<std::uint64_t>(1000, text::find_number(call.parameter("max-parts")).value_or(1000));
  auto result = xml::node("ListPartsResult",
                          {xml::leaf("Bucket", call.bucket), xml::leaf("Key", call.key),
                           xml::leaf("UploadId", upload.id)},
                          s3_namespace);
  std::uint64_t count = 0;
  int last = 0;
  bool truncated = false;
  for (const auto& [number, part] : upload.parts) {
    if (static_cast<std::uint64_t>(number) <= marker) continue;
    truncated = count == most;
    if (truncated) break;
    result.children.push_back(described(part));
    last = number;
    ++count;
  }
  result.children.push_back(xml::leaf("MaxParts", static_cast<long long>(most)));
  result.children.push_back(xml::leaf("IsTruncated", truncated ? "true" : "false"));
  if (truncated) result.children.push_back(xml::leaf("NextPartNumberMarker", last));
  return xml_answer(result);
}

Answer list_multipart_uploads(const Call& call) {
  auto result =
      xml::node("ListMultipartUploadsResult", {xml::leaf("Bucket", call.bucket)}, s3_namespace);
  for (const auto& upload : call.uploads.list(call.bucket, call.parameter("prefix"))) {
    result.children.push_back(
        xml::node("Upload", {xml::leaf("Key", upload.object.key), xml::leaf("UploadId", upload.id),
                             xml::leaf("StorageClass", "STANDARD"),
                             xml::leaf("Initiated", timing::rfc3339(upload.initiated))}));
  }
  result.children.push_back(xml::leaf("IsTruncated", "false"));
  return xml_answer(result);
}

}  // namespace sandbox::s3
