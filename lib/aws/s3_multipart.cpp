// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "aws/s3.hpp"
#include "aws/s3_headers.hpp"
#include "aws/sigv4.hpp"
#include "crypto/sha256.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr int most_pages = 100;

std::string base64_of_hex(std::string_view digits) {
  const auto bytes = text::find_bytes_of_hex(digits);
  return bytes ? text::base64(*bytes) : std::string();
}

S3Request request_for(std::string operation, std::string method, const MultipartUpload& upload) {
  return {.operation = std::move(operation),
          .method = std::move(method),
          .bucket = upload.name.bucket,
          .key = upload.name.key,
          .query = {{"uploadId", upload.id}}};
}

std::uint64_t number_of(const xml::Element& element, std::string_view child) {
  return text::find_number(text::trim(element.text_of(child))).value_or(0);
}

bool is_truncated(const xml::Element& page) { return page.text_of("IsTruncated") == "true"; }

StoredPart read_part(const xml::Element& element) {
  return {
      .number = static_cast<int>(std::min<std::uint64_t>(number_of(element, "PartNumber"), 10'000)),
      .size = number_of(element, "Size"),
      .etag = without_quotes(element.text_of("ETag")),
      .checksum_crc64nvme = element.text_of("ChecksumCRC64NVME"),
      .checksum_sha256 = element.text_of("ChecksumSHA256")};
}

// The ETag is the service's own word and goes back as it came; nothing else in it can be markup.
std::string escaped(std::string_view text) {
  auto result = text::replace_all(text, "&", "&amp;");
  return text::replace_all(result, "<", "&lt;");
}

std::string parts_document(const std::vector<StoredPart>& parts) {
  std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const auto& part : parts) {
    body += fmt::format("<Part><ETag>\"{}\"</ETag><PartNumber>{}</PartNumber>", escaped(part.etag),
                        part.number);
    if (!part.checksum_crc64nvme.empty()) {
      body += fmt::format("<ChecksumCRC64NVME>{}</ChecksumCRC64NVME>", part.checksum_crc64nvme);
    }
    if (!part.checksum_sha256.empty()) {
      body += fmt::format("<ChecksumSHA256>{}</ChecksumSHA256>", part.checksum_sha256);
    }
    body += "</Part>";
  }
  return body + "</CompleteMultipartUpload>";
}

}  // namespace

xml::Element answered_document(std::string_view operation, const http::Response& response) {
  try {
    return xml::parse(response.body, "its body");
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::unavailable,
                      fmt::format("read the answer of {}: {}", operation, error.what()),
                      "check that the address is S3's own and no proxy's");
  }
}

Answer<MultipartUpload> S3::create_upload(const ObjectName& name, const ObjectSettings& settings,
                                          PartCheck check) {
  S3Request request{.operation = "CreateMultipartUpload",
                    .method = "POST",
                    .bucket = name.bucket,
                    .key = name.key,
                    .query = {{"uploads", ""}},
                    .headers = headers_of(settings)};
  if (check == PartCheck::crc64nvme) {
    request.headers.add("x-amz-checksum-algorithm", "CRC64NVME");
    request.headers.add("x-amz-checksum-type", "FULL_OBJECT");
  } else if (check == PartCheck::sha256) {
    request.headers.add("x-amz-checksum-algorithm", "SHA256");
  }
  auto answer = ask(std::move(request));
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  const auto document =
      answered_document("CreateMultipartUpload", std::get<http::Response>(answer));
  MultipartUpload upload{.name = name, .id = document.text_of("UploadId"), .check = check};
  if (upload.id.empty()) {
    throw base::Error(
        base::Kind::unavailable,
        fmt::format("CreateMultipartUpload {}: the answer has no UploadId", name.uri()),
        "check that the address is S3's own and no proxy's");
  }
  return upload;
}

Answer<StoredPart> S3::upload_part(const MultipartUpload& upload, const NewPart& part) {
  auto request = request_for("UploadPart", "PUT", upload);
  request.query.emplace_back("partNumber", fmt::format("{}", part.number));
  StoredPart stored{.number = part.number, .size = part.body.size};
  if (upload.check == PartCheck::crc64nvme) {
    stored.checksum_crc64nvme = checksum_text(part.crc64nvme);
    request.headers.add("x-amz-checksum-crc64nvme", stored.checksum_crc64nvme);
  } else if (upload.check == PartCheck::sha256 && !part.sha256_hex.empty()) {
    stored.checksum_sha256 = base64_of_hex(part.sha256_hex);
    request.headers.add("x-amz-checksum-sha256", stored.checksum_sha256);
  }
  request.body = part.body;
  request.payload_hash =
      part.sha256_hex.empty() ? std::string(sigv4::unsigned_payload) : part.sha256_hex;
  auto answer = ask(std::move(request));
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  const auto& headers = std::get<http::Response>(answer).headers;
  stored.etag = without_quotes(headers.find("ETag").value_or(""));
  if (stored.etag.empty()) throw no_etag("UploadPart", upload.name);
  return stored;
}

Answer<std::vector<StoredPart>> S3::list_parts(const MultipartUpload& upload) {
  std::vector<StoredPart> parts;
  std::string marker;
  for (int page = 0; page < most_pages; ++page) {
    auto request = request_for("ListParts", "GET", upload);
    if (!marker.empty()) request.query.emplace_back("part-number-marker", marker);
    auto answer = ask(std::move(request));
    if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
    const auto document = answered_document("ListParts", std::get<http::Response>(answer));
    for (const auto& child : document.children) {
      if (child.name == "Part") parts.push_back(read_part(child));
    }
    const auto next = document.text_of("NextPartNumberMarker");
    if (!is_truncated(document) || next.empty() || next == marker) break;
    marker = next;
  }
  return parts;
}

Answer<std::vector<FoundUpload>> S3::list_uploads(const ObjectName& name) {
  std::vector<FoundUpload> uploads;
  std::string key_marker;
  std::string id_marker;
  for (int page = 0; page < most_pages; ++page) {
    S3Request request{.operation = "ListMultipartUploads",
                      .bucket = name.bucket,
                      .query = {{"uploads", ""}, {"prefix", name.key}}};
    if (!key_marker.empty()) {
      request.query.emplace_back("key-marker", key_marker);
      if (!id_marker.empty()) request.query.emplace_back("upload-id-marker", id_marker);
    }
    auto answer = ask(std::move(request));
    if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
    const auto document =
        answered_document("ListMultipartUploads", std::get<http::Response>(answer));
    bool beyond = false;  // keys come sorted, the prefix itself first
    for (const auto& child : document.children) {
      if (child.name != "Upload") continue;
      if (child.text_of("Key") != name.key) {
        beyond = true;
        continue;
      }
      uploads.push_back({.id = child.text_of("UploadId"),
                         .initiated = child.text_of("Initiated"),
                         .checksum_algorithm = child.text_of("ChecksumAlgorithm")});
    }
    const auto next = document.text_of("NextKeyMarker");
    const auto next_id = document.text_of("NextUploadIdMarker");
    const bool stuck = next == key_marker && next_id == id_marker;
    if (beyond || !is_truncated(document) || next.empty() || stuck) break;
    key_marker = next;
    id_marker = next_id;
  }
  std::stable_sort(uploads.begin(), uploads.end(), [](const auto& left, const auto& right) {
    return left.initiated > right.initiated;
  });
  return uploads;
}

Answer<StoredObject> S3::complete_upload(const MultipartUpload& upload,
                                         const Completion& completion) {
  auto request = request_for("CompleteMultipartUpload", "POST", upload);
  request.headers = {{"Content-Type", "application/xml"},
                     {"x-amz-mp-object-size", fmt::format("{}", completion.size)}};
  if (upload.check == PartCheck::crc64nvme) {
    request.headers.add("x-amz-checksum-crc64nvme", checksum_text(completion.crc64nvme));
    request.headers.add("x-amz-checksum-type", "FULL_OBJECT");
  }
  if (completion.condition == Condition::if_absent) request.headers.add("If-None-Match", "*");
  auto body = parts_document(completion.parts);
  request.payload_hash = crypto::sha256_hex(body);
  request.body = http::body_of(std::move(body));
  request.late_error = LateError::possible;
  auto answer = ask(std::move(request));
  if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
  const auto& response = std::get<http::Response>(answer);
  const auto document = answered_document("CompleteMultipartUpload", response);
  auto stored = stored_object(response.headers);
  stored.size = completion.size;
  stored.etag = without_quotes(document.text_of("ETag"));
  stored.checksum_crc64nvme = document.text_of("ChecksumCRC64NVME");
  if (stored.etag.empty()) throw no_etag("CompleteMultipartUpload", upload.name);
  return stored;
}

Answer<bool> S3::abort_upload(const MultipartUpload& upload) {
  auto answer = ask(request_for("AbortMultipartUpload", "DELETE", upload));
  if (auto* failure = std::get_if<Failure>(&answer)) {
    if (failure->code == "NoSuchUpload" || failure->status == 404) return false;
    return std::move(*failure);
  }
  return true;
}

}  // namespace aws
