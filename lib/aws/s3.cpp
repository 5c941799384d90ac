// SPDX-License-Identifier: Apache-2.0
#include "aws/s3.hpp"

#include <fmt/core.h>

#include <utility>

#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

http::Url url_of(const Caller& caller, const ObjectName& name) {
  const auto addressing =
      caller.session().overrides.s3 ? Addressing::path : Addressing::host_when_safe;
  auto url = object_url(caller.endpoint(Service::s3), addressing, name.bucket, name.key);
  if (!name.version.empty()) url.query = "versionId=" + text::percent_encode(name.version);
  return url;
}

bool is_success(const http::Response& response) {
  return response.status >= 200 && response.status < 300;
}

StoredObject read_object(const http::Headers& headers) {
  const auto version = headers.find("x-amz-version-id").value_or("");
  return {.size = text::find_number(headers.find("Content-Length").value_or("")).value_or(0),
          .etag = without_quotes(headers.find("ETag").value_or("")),
          .version = version == "null" ? std::string() : version,
          .checksum_sha256 = headers.find("x-amz-checksum-sha256").value_or("")};
}

}  // namespace

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::string ObjectName::uri() const {
  auto text = fmt::format("s3://{}/{}", bucket, key);
  if (!version.empty()) text += "?versionId=" + version;
  return text;
}

StoredObject S3::put_object(const NewObject& object) {
  const http::Request request{.method = "PUT",
                              .url = url_of(*caller_, object.name).text(),
                              .headers = {{"Content-Type", object.content_type},
                                          {"x-amz-checksum-sha256", text::base64(object.sha256)}},
                              .body = object.body};
  const auto response = caller_->send(Service::s3, request, text::hex(object.sha256));
  const auto what = fmt::format("put {}", object.name.uri());
  if (!is_success(response)) throw error_of(failure_of(response), what);
  auto stored = read_object(response.headers);
  stored.size = object.body.size;
  if (stored.etag.empty()) {
    throw base::Error(base::Kind::unavailable, fmt::format("{}: the answer has no ETag", what),
                      "check that the address is S3's own and no proxy's");
  }
  return stored;
}

Answer<StoredObject> S3::head_object(const ObjectName& name) {
  const http::Request request{.method = "HEAD",
                              .url = url_of(*caller_, name).text(),
                              .headers = {{"x-amz-checksum-mode", "ENABLED"}}};
  const auto response = caller_->send(Service::s3, request);
  if (!is_success(response)) return failure_of(response);
  return read_object(response.headers);
}

}  // namespace aws
