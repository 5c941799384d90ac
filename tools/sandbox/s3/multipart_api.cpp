// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "sandbox/s3/checksum.hpp"
#include "sandbox/s3/multipart.hpp"
#include "sandbox/s3/reception.hpp"
#include "sandbox/server/fault.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::uint64_t most_parts = 10'000;

// SHA is composed of the parts' digests only, CRC64NVME is of the whole only.
std::string checksum_type_of(const Call& call, const std::string& algorithm) {
  const std::string type(call.header("x-amz-checksum-type"));
  if (algorithm.empty()) return type;
  if (type.empty()) return algorithm == "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE";
  const bool fits = type == "FULL_OBJECT" ? is_crc(algorithm)
                    : type == "COMPOSITE" ? algorithm != "crc64nvme"
                                          : false;
  if (!fits) {
    throw Fault(400, "InvalidRequest",
                fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                            type, algorithm));
  }
  return type;
}

// A part brings the checksum its upload was created with; S3 computes one of the whole itself.
void refuse_other_checksum(const Call& call, const Upload& upload) {
  const auto& expected = upload.checksum_algorithm;
  const auto given = given_algorithms(call.request.headers);
  const bool may_be_absent = expected.empty() || upload.checksum_type == "FULL_OBJECT";
  if (given.empty() && may_be_absent) return;
  for (const auto& algorithm : given) {
    if (expected.empty() || algorithm == expected) return;
  }
  throw Fault(400, "InvalidRequest",
              fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual "
                          "checksum Type: {}",
                          expected, given.empty() ? "null" : given.front()));
}

}  // namespace

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

Answer create_multipart_upload(const Call& call) {
  Upload upload;
  upload.bucket = call.bucket;
  upload.object = described_object(call);
  upload.checksum_algorithm = text::lower(call.header("x-amz-checksum-algorithm"));
  if (!upload.checksum_algorithm.empty() && !is_checksum_algorithm(upload.checksum_algorithm)) {
    throw Fault(501, "NotImplemented",
                fmt::format("the sandbox cannot check {}", upload.checksum_algorithm));
  }
  upload.checksum_type = checksum_type_of(call, upload.checksum_algorithm);
  Pairs headers = shown(upload.object.encryption);
  if (!upload.checksum_algorithm.empty()) {
    headers.emplace_back("x-amz-checksum-algorithm", text::upper(upload.checksum_algorithm));
    headers.emplace_back("x-amz-checksum-type", upload.checksum_type);
  }
  const auto id = call.uploads.begin(std::move(upload));
  auto answer = xml_answer(xml::node(
      "InitiateMultipartUploadResult",
      {xml::leaf("Bucket", call.bucket), xml::leaf("Key", call.key), xml::leaf("UploadId", id)},
      s3_namespace));
  answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
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
    throw Fault(501, "NotImplemented", "the sandbox cannot carry out x-amz-copy-source of a part",
                {{"Header", "x-amz-copy-source"}});
  }
  refuse_other_checksum(call, upload);
  ReceptionWishes wishes{.md5 = !upload.object.encryption.is_kms()};
  if (!upload.checksum_algorithm.empty()) wishes.checksums = {upload.checksum_algorithm};
  auto received = receive(call, wishes);
  Answer answer;
  answer.headers = {{"ETag", in_quotes(received.etag)}};
  for (const auto& pairs : {shown(upload.object.encryption), received.checksums}) {
    answer.headers.insert(answer.headers.end(), pairs.begin(), pairs.end());
  }
  // Gone by now: aborted while the part was on its way.
  if (!call.uploads.put(upload.id, {.number = static_cast<int>(*number),
                                    .etag = std::move(received.etag),
                                    .checksums = std::move(received.checksums),
                                    .blob = std::move(received.blob)})) {
    require_upload(call);
  }
  return answer;
}

Answer abort_multipart_upload(const Call& call) {
  call.uploads.end(require_upload(call).id);
  return {.status = 204};
}

}  // namespace sandbox::s3
