// SPDX-License-Identifier: Apache-2.0
#include "support/fake_s3.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "crypto/crc64nvme.hpp"
#include "crypto/sha256.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace support {
namespace {

constexpr std::size_t smallest_part = 5U << 20U;
constexpr std::uint64_t page = 7;  // small, so that paging shows

ServedAnswer fault(int status, const std::string& code) {
  return {.status = status,
          .headers = {{"x-amz-request-id", "FAKE"}},
          .body = fmt::format("<Error><Code>{}</Code><Message>as the test wants</Message></Error>",
                              code)};
}

std::string parameter(const ServedRequest& request, std::string_view name) {
  for (const auto part : text::split(request.query, '&')) {
    const auto pair = text::cut(part, "=");
    if ((pair ? pair->first : part) == name) {
      return pair ? text::find_percent_decoded(pair->second).value_or("") : "";
    }
  }
  return {};
}

bool has_parameter(const ServedRequest& request, std::string_view name) {
  const auto parts = text::split(request.query, '&');
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return part == name || part.starts_with(std::string(name) + "=");
  });
}

std::string crc_text(std::uint64_t crc) {
  std::string bytes;
  for (unsigned i = 8; i > 0; --i) bytes += static_cast<char>((crc >> (8U * (i - 1))) & 0xFFU);
  return text::base64(bytes);
}

// The first of the body's claimed digests that is wrong.
std::optional<ServedAnswer> wrong_digest(const ServedRequest& request) {
  const auto payload = request.header("x-amz-content-sha256");
  if (payload != "UNSIGNED-PAYLOAD" && payload != crypto::sha256_hex(request.body)) {
    return fault(400, "XAmzContentSHA256Mismatch");
  }
  const auto sha256 = request.header("x-amz-checksum-sha256");
  const auto crc = request.header("x-amz-checksum-crc64nvme");
  const bool whole = request.method == "PUT";
  if (whole && !sha256.empty() && sha256 != text::base64(crypto::sha256(request.body))) {
    return fault(400, "BadDigest");
  }
  if (whole && !crc.empty() && crc != crc_text(crypto::crc64nvme(request.body))) {
    return fault(400, "BadDigest");
  }
  return std::nullopt;
}

std::map<std::string, std::string> kept_headers(const ServedRequest& request) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-amz-meta-") || name.starts_with("x-amz-server-side-encryption") ||
        name == "x-amz-tagging" || name == "x-amz-storage-class" || name == "content-type") {
      kept[name] = value;
    }
  }
  return kept;
}

std::string quoted(const std::string& etag) { return "\"" + etag + "\""; }

}  // namespace

std::string call_of(const ServedRequest& request) {
  if (has_parameter(request, "partNumber")) return "PUT part";
  if (request.method == "POST")
    return has_parameter(request, "uploads") ? "POST uploads" : "POST complete";
  if (request.method == "GET")
    return has_parameter(request, "uploads") ? "GET uploads" : "GET parts";
  return request.method;
}

FakeS3::FakeS3(Mishaps mishaps)
    : mishaps_(std::move(mishaps)),
      server_([this](const ServedRequest& request) { return answer(request); }) {}

std::vector<std::string> FakeS3::calls() const {
  std::vector<std::string> calls;
  for (const auto& request : requests()) calls.push_back(call_of(request));
  return calls;
}

int FakeS3::count(const std::string& call) const {
  const auto all = calls();
  return static_cast<int>(std::count(all.begin(), all.end(), call));
}

std::map<std::string, std::vector<FakeS3::Object>> FakeS3::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

std::map<std::string, FakeS3::Upload> FakeS3::uploads() const {
  const std::lock_guard lock(mutex_);
  return uploads_;
}

void FakeS3::put(const std::string& key, Object object) {
  const std::lock_guard lock(mutex_);
  objects_[key].push_back(std::move(object));
}

void FakeS3::put(const std::string& id, Upload upload) {
  const std::lock_guard lock(mutex_);
  uploads_[id] = std::move(upload);
}

ServedAnswer FakeS3::answer(const ServedRequest& request) {
  if (mishaps_.instead) {
    if (auto other = mishaps_.instead(request)) return *std::move(other);
  }
  auto answer = done(request);
  if (mishaps_.lost && mishaps_.lost(request)) return {.status = 0};
  return answer;
}

ServedAnswer FakeS3::done(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  if (auto wrong = wrong_digest(request)) return *std::move(wrong);
  // "/bucket/key"
  const auto path = text::find_percent_decoded(request.path).value_or("");
  const auto slash = path.find('/', 1);
  const auto key = slash == std::string::npos ? std::string() : path.substr(slash + 1);
  const auto call = call_of(request);
  if (call == "PUT") return put_object(request, key);
  if (call == "HEAD") return head(request, key);
  if (call == "POST uploads") return create(request, key);
  if (call == "GET uploads") return list_uploads(parameter(request, "prefix"));
  const auto id = parameter(request, "uploadId");
  const auto upload = uploads_.find(id);
  if (upload == uploads_.end()) return fault(404, "NoSuchUpload");
  if (call == "PUT part") return put_part(request, upload->second);
  if (call == "GET parts") return list_parts(request, upload->second);
  if (call == "POST complete") return complete(request, key, id);
  uploads_.erase(upload);
  return {.status = 204};
}

ServedAnswer FakeS3::store(const ServedRequest& request, const std::string& key, Object object) {
  auto& versions = objects_[key];
  const bool conditional = !request.header("if-none-match").empty();
  if (conditional && !mishaps_.knows_conditions) return fault(501, "NotImplemented");
  if (conditional && !versions.empty()) return fault(412, "PreconditionFailed");
  object.version = mishaps_.keeps_versions ? fmt::format("v{}", ++next_) : "";
  ServedAnswer answer{.headers = {{"ETag", quoted(object.etag)}}};
  if (!object.version.empty()) answer.headers.emplace_back("x-amz-version-id", object.version);
  versions.push_back(std::move(object));
  return answer;
}

ServedAnswer FakeS3::put_object(const ServedRequest& request, const std::string& key) {
  Object object{.size = request.body.size(),
                .etag = text::hex(crypto::md5(request.body)),
                .headers = kept_headers(request)};
  const auto sha256 = request.header("x-amz-checksum-sha256");
  if (mishaps_.keeps_checksums) object.headers["x-amz-checksum-sha256"] = sha256;
  return store(request, key, std::move(object));
}

ServedAnswer FakeS3::put_part(const ServedRequest& request, Upload& upload) {
  const auto number = text::find_number(parameter(request, "partNumber")).value_or(0);
  Part part{.size = request.body.size(),
            .etag = text::hex(crypto::md5(request.body)),
            .crc = crypto::crc64nvme(request.body)};
  for (const auto* name : {"x-amz-checksum-crc64nvme", "x-amz-checksum-sha256"}) {
    const auto value = request.header(name);
    if (!value.empty()) part.checksums[name] = value;
  }
  const auto etag = part.etag;
  upload.parts[static_cast<int>(number)] = std::move(part);
  return {.headers = {{"ETag", quoted(etag)}}};
}

ServedAnswer FakeS3::head(const ServedRequest& request, const std::string& key) const {
  const auto found = objects_.find(key);
  if (found == objects_.end() || found->second.empty()) return {.status = 404};
  const auto wanted = parameter(request, "versionId");
  for (auto version = found->second.rbegin(); version != found->second.rend(); ++version) {
    if (!wanted.empty() && version->version != wanted) continue;
    ServedAnswer answer{.headers = {{"ETag", quoted(version->etag)}},
                        .body = std::string(version->size, '\0')};  // only its length is sent
    if (!version->version.empty()) {
      answer.headers.emplace_back("x-amz-version-id", version->version);
    }
    for (const auto& header : version->headers) answer.headers.push_back(header);
    return answer;
  }
  return {.status = 404};
}

ServedAnswer FakeS3::create(const ServedRequest& request, const std::string& key) {
  const auto algorithm = request.header("x-amz-checksum-algorithm");
  if (!algorithm.empty() && !mishaps_.keeps_checksums) return fault(501, "NotImplemented");
  const auto id = fmt::format("upload-{}", ++next_);
  uploads_[id] = {.key = key,
                  .algorithm = algorithm,
                  .initiated = fmt::format("2026-01-01T00:00:{:02}Z", next_),
                  .headers = kept_headers(request)};
  return {.body = fmt::format("<InitiateMultipartUploadResult><UploadId>{}</UploadId>"
                              "</InitiateMultipartUploadResult>",
                              id)};
}

ServedAnswer FakeS3::complete(const ServedRequest& request, const std::string& key,
                              const std::string& id) {
  const auto& upload = uploads_[id];
  Object object{.headers = upload.headers};
  std::uint64_t crc = 0;
  std::string etags;
  int named = 0;
  for (const auto& [number, part] : upload.parts) {
    const auto element =
        fmt::format("<Part><ETag>\"{}\"</ETag><PartNumber>{}</PartNumber>", part.etag, number);
    if (request.body.find(element) == std::string::npos) return fault(400, "InvalidPart");
    if (++named < static_cast<int>(upload.parts.size()) && part.size < smallest_part) {
      return fault(400, "EntityTooSmall");
    }
    crc = crypto::crc64nvme_joined(crc, part.crc, part.size);
    etags += part.etag;
    object.size += part.size;
  }
  const auto claimed_crc = request.header("x-amz-checksum-crc64nvme");
  if (!claimed_crc.empty() && claimed_crc != crc_text(crc)) return fault(400, "BadDigest");
  if (request.header("x-amz-mp-object-size") != fmt::format("{}", object.size)) {
    return fault(400, "InvalidRequest");
  }
  object.etag = fmt::format("{}-{}", crypto::sha256_hex(etags).substr(0, 32), upload.parts.size());
  if (upload.algorithm == "CRC64NVME") object.headers["x-amz-checksum-crc64nvme"] = crc_text(crc);
  const auto etag = object.etag;
  auto answer = store(request, key, std::move(object));
  if (answer.status != 200) return answer;
  uploads_.erase(id);
  answer.body = fmt::format(
      "<CompleteMultipartUploadResult><ETag>\"{}\"</ETag>"
      "<ChecksumCRC64NVME>{}</ChecksumCRC64NVME></CompleteMultipartUploadResult>",
      etag, crc_text(crc));
  return answer;
}

ServedAnswer FakeS3::list_uploads(const std::string& prefix) const {
  std::string body = "<ListMultipartUploadsResult>";
  for (const auto& [id, upload] : uploads_) {
    if (!upload.key.starts_with(prefix)) continue;
    body += fmt::format(
        "<Upload><Key>{}</Key><UploadId>{}</UploadId><Initiated>{}</Initiated>"
        "<ChecksumAlgorithm>{}</ChecksumAlgorithm></Upload>",
        upload.key, id, upload.initiated, upload.algorithm);
  }
  return {.body = body + "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"};
}

ServedAnswer FakeS3::list_parts(const ServedRequest& request, const Upload& upload) const {
  const auto marker = text::find_number(parameter(request, "part-number-marker")).value_or(0);
  std::string body = "<ListPartsResult>";
  std::uint64_t listed = 0;
  int last = 0;
  bool truncated = false;
  for (const auto& [number, part] : upload.parts) {
    if (static_cast<std::uint64_t>(number) <= marker) continue;
    truncated = listed == page;
    if (truncated) break;
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag><Size>{}</Size>",
                        number, part.etag, part.size);
    for (const auto& [name, value] : part.checksums) {
      const auto element = name == "x-amz-checksum-sha256" ? "ChecksumSHA256" : "ChecksumCRC64NVME";
      body += fmt::format("<{}>{}</{}>", element, value, element);
    }
    body += "</Part>";
    last = number;
    ++listed;
  }
  return {.body = body + fmt::format("<IsTruncated>{}</IsTruncated><NextPartNumberMarker>{}"
                                     "</NextPartNumberMarker></ListPartsResult>",
                                     truncated ? "true" : "false", last)};
}

}  // namespace support
