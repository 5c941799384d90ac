// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/signed_body.hpp"

#include <doctest/doctest.h>

#include <string>

#include "sandbox/server/fault.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace {

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, "Example: PUT Object".
const sandbox::Credentials credentials{"AKIAIOSFODNN7EXAMPLE",
                                       "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

sandbox::Request documented_request() {
  const std::string data(65536, 'a');
  sandbox::Request request{.method = "PUT", .path = "/examplebucket/chunkObject.txt"};
  request.headers = {
      {"host", "s3.amazonaws.com"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"authorization",
       "AWS4-HMAC-SHA256 "
       "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
       "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
       "x-amz-decoded-content-length;x-amz-storage-class,"
       "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
      {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
      {"content-encoding", "aws-chunked"},
      {"x-amz-decoded-content-length", "66560"},
      {"content-length", "66824"}};
  request.body =
      "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
      data +
      "\r\n400;chunk-signature="
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
      std::string(1024, 'a') +
      "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n"
      "\r\n";
  return request;
}

sandbox::Signature signature_of_request(const sandbox::Request& request) {
  const auto now = timing::find_sigv4_basic("20130524T000000Z").value();
  return std::get<sandbox::Signature>(check_signature(request, {credentials, now, {"s3"}}));
}

struct Decoded {
  std::string bytes;
  sandbox::Pairs trailers;
};

Decoded decoded(const std::string& body, const sandbox::Signature& signature) {
  sandbox::TextBody raw(body);
  const sandbox::Request request{
      .headers = {{"x-amz-decoded-content-length", signature.key.empty() ? "6" : "66560"}}};
  const auto chunks = signed_body(raw, request, signature);
  Decoded result;
  result.bytes = read_all(*chunks, 1U << 20U);
  result.trailers = chunks->trailers();
  return result;
}

std::string code_of(const std::string& body, const sandbox::Signature& signature) {
  try {
    decoded(body, signature);
  } catch (const sandbox::Fault& fault) {
    return fault.code();
  }
  return "";
}

}  // namespace

TEST_CASE("the documented chunked upload decodes to its 66560 bytes") {
  const auto request = documented_request();
  CHECK(request.body.size() == 66824);
  CHECK(decoded(request.body, signature_of_request(request)).bytes == std::string(66560, 'a'));
}

TEST_CASE("a chunk that was changed, dropped or cut is refused") {
  const auto request = documented_request();
  const auto signature = signature_of_request(request);

  auto changed = request.body;
  changed[100] = 'b';
  CHECK(code_of(changed, signature) == "SignatureDoesNotMatch");

  const auto second = request.body.find("400;chunk-signature");
  CHECK(code_of(request.body.substr(second), signature) == "SignatureDoesNotMatch");

  CHECK(code_of(request.body.substr(0, second), signature) == "IncompleteBody");
  CHECK(code_of(request.body.substr(0, 1000), signature) == "IncompleteBody");
  CHECK(code_of("", signature) == "IncompleteBody");
  CHECK(code_of("zz\r\n", signature) == "IncompleteBody");
}

TEST_CASE("an unsigned chunked body gives its trailers") {
  const sandbox::Signature signature{.payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"};
  const auto body =
      decoded("5\r\nhello\r\n1\r\n!\r\n0\r\nX-Amz-Checksum-CRC32: nsLUlA==\r\n\r\n", signature);
  CHECK(body.bytes == "hello!");
  CHECK(body.trailers == sandbox::Pairs{{"x-amz-checksum-crc32", "nsLUlA=="}});
}

TEST_CASE("a body is held against its digest, its length and the values that stand for none") {
  const auto code = [](const std::string& payload, const std::string& body) -> std::string {
    try {
      decoded(body, {.payload = payload});
    } catch (const sandbox::Fault& fault) {
      return fault.code();
    }
    return "";
  };
  const std::string digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  CHECK(code(digest, "hello").empty());
  CHECK(code(digest, "hellO") == "XAmzContentSHA256Mismatch");
  CHECK(code("UNSIGNED-PAYLOAD", "anything").empty());
  CHECK(code("none", "hello") == "InvalidArgument");
  CHECK(code("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5\r\nhello\r\n0\r\n\r\n") == "IncompleteBody");
}
