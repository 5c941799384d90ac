// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/api.hpp"

#include <doctest/doctest.h>

#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "sandbox/server/fault.hpp"
#include "sandbox/server/xml.hpp"
#include "support/fake_clock.hpp"

using sandbox::Answer;
using sandbox::Pairs;
using sandbox::Request;
using sandbox::value_of;

namespace {

constexpr std::size_t five_mib = 5U << 20U;

struct Fixture {
  file::TempDir folder{"s3-api"};
  support::FakeClock clock;
  sandbox::s3::Store store{folder.path(), clock};
  sandbox::s3::Api api{store, {.account = "000000000000", .region = "us-east-1"}};

  Fixture() { store.create_bucket("bucket"); }

  Answer send(const std::string& method, const std::string& target, const Pairs& headers = {},
              const std::string& body = {}) {
    const auto question = target.find('?');
    return api.answer({.method = method,
                       .path = target.substr(0, question),
                       .query = question == std::string::npos ? "" : target.substr(question + 1),
                       .headers = headers,
                       .body = body});
  }

  // "404 NoSuchKey"; "200" for an answer that is none.
  std::string refusal(const std::string& method, const std::string& target,
                      const Pairs& headers = {}, const std::string& body = {}) {
    try {
      return std::to_string(send(method, target, headers, body).status);
    } catch (const sandbox::Fault& fault) {
      return std::to_string(fault.status()) + " " + fault.code();
    }
  }

  std::string begin_upload(const std::string& target, const Pairs& headers = {}) {
    const auto answer = send("POST", target + "?uploads", headers);
    return std::string(sandbox::xml::parse(answer.body).text_of("UploadId"));
  }
};

std::string sent_bytes(const Answer& answer) {
  if (!answer.file) return answer.body;
  return file::read(answer.file->path).substr(answer.file->offset, answer.file->size);
}

std::string part_list(const std::vector<std::string>& etags) {
  auto document = sandbox::xml::node("CompleteMultipartUpload");
  int number = 0;
  for (const auto& etag : etags) {
    document.children.push_back(sandbox::xml::node(
        "Part", {sandbox::xml::leaf("PartNumber", ++number), sandbox::xml::leaf("ETag", etag)}));
  }
  return sandbox::xml::write(document);
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an object comes back with its type, metadata, ETag and version") {
  const auto put = send("PUT", "/bucket/a%20b%2Fc+d",
                        {{"content-type", "application/zip"},
                         {"content-encoding", "aws-chunked,gzip"},
                         {"x-amz-meta-commit", "abc"}},
                        "hello");
  CHECK(value_of(put.headers, "ETag") == "\"5d41402abc4b2a76b9719d911017c592\"");
  CHECK(store.find("bucket", "a b/c+d").has_value());

  const auto got = send("GET", "/bucket/a%20b/c%2Bd");
  CHECK(sent_bytes(got) == "hello");
  CHECK(value_of(got.headers, "Content-Type") == "application/zip");
  CHECK(value_of(got.headers, "Content-Encoding") == "gzip");
  CHECK(value_of(got.headers, "x-amz-meta-commit") == "abc");
  CHECK(value_of(got.headers, "ETag") == value_of(put.headers, "ETag"));
  CHECK(value_of(got.headers, "x-amz-version-id") == value_of(put.headers, "x-amz-version-id"));
}

TEST_CASE_FIXTURE(Fixture, "an older version is served by its id") {
  const auto first = send("PUT", "/bucket/k", {}, "1");
  send("PUT", "/bucket/k", {}, "2");
  const std::string id(value_of(first.headers, "x-amz-version-id"));
  CHECK(sent_bytes(send("GET", "/bucket/k?versionId=" + id)) == "1");
  CHECK(sent_bytes(send("GET", "/bucket/k")) == "2");
}

TEST_CASE_FIXTURE(Fixture, "what is absent has its own code") {
  CHECK(refusal("GET", "/nobucket/k") == "404 NoSuchBucket");
  CHECK(refusal("GET", "/bucket/k") == "404 NoSuchKey");
  CHECK(refusal("HEAD", "/bucket/k") == "404 NoSuchKey");
  send("PUT", "/bucket/k", {}, "1");
  CHECK(refusal("GET", "/bucket/k?versionId=x") == "404 NoSuchVersion");
  CHECK(send("DELETE", "/bucket/k").status == 204);
  CHECK(refusal("GET", "/bucket/k") == "404 NoSuchKey");
}

TEST_CASE_FIXTURE(Fixture,
                  "a range is served in part, one outside is refused, odd ones are ignored") {
  send("PUT", "/bucket/k", {}, "0123456789");
  struct Case {
    std::string range;
    int status;
    std::string bytes;
    std::string content_range;
  };
  for (const auto& each :
       {Case{"bytes=2-4", 206, "234", "bytes 2-4/10"}, Case{"bytes=8-", 206, "89", "bytes 8-9/10"},
        Case{"bytes=-3", 206, "789", "bytes 7-9/10"},
        Case{"bytes=5-99", 206, "56789", "bytes 5-9/10"},
        Case{"bytes=0-1,3-4", 200, "0123456789", ""}, Case{"lines=1-2", 200, "0123456789", ""},
        Case{"bytes=4-2", 200, "0123456789", ""}}) {
    CAPTURE(each.range);
    const auto answer = send("GET", "/bucket/k", {{"range", each.range}});
    CHECK(answer.status == each.status);
    CHECK(sent_bytes(answer) == each.bytes);
    CHECK(value_of(answer.headers, "Content-Range") == each.content_range);
  }
  CHECK(refusal("GET", "/bucket/k", {{"range", "bytes=10-"}}) == "416 InvalidRange");
}

TEST_CASE_FIXTURE(Fixture, "conditions decide reads and writes") {
  const auto put = send("PUT", "/bucket/k", {{"if-none-match", "*"}}, "1");
  const std::string etag(value_of(put.headers, "ETag"));
  const std::string date(value_of(send("GET", "/bucket/k").headers, "Last-Modified"));
  CHECK(refusal("PUT", "/bucket/k", {{"if-none-match", "*"}}, "2") == "412 PreconditionFailed");
  CHECK(refusal("PUT", "/bucket/k", {{"if-match", "\"0\""}}, "2") == "412 PreconditionFailed");
  CHECK(refusal("GET", "/bucket/k", {{"if-match", "\"0\""}}) == "412 PreconditionFailed");
  CHECK(refusal("GET", "/bucket/k", {{"if-match", etag}}) == "200");
  CHECK(refusal("GET", "/bucket/k", {{"if-none-match", etag}}) == "304");
  CHECK(refusal("GET", "/bucket/k", {{"if-modified-since", date}}) == "304");
  CHECK(refusal("GET", "/bucket/k", {{"if-unmodified-since", date}}) == "200");
  CHECK(refusal("PUT", "/bucket/k", {{"if-match", etag}}, "2") == "200");
}

TEST_CASE_FIXTURE(Fixture,
                  "another bucket owner and a wrong checksum are refused and nothing is stored") {
  const Pairs other{{"x-amz-expected-bucket-owner", "111111111111"}};
  CHECK(refusal("PUT", "/bucket/k", other, "1") == "403 AccessDenied");
  CHECK(refusal("GET", "/bucket?list-type=2", other) == "403 AccessDenied");
  CHECK(refusal("PUT", "/bucket/k", {{"x-amz-checksum-crc32", "AAAAAA=="}}, "1") ==
        "400 BadDigest");
  CHECK_FALSE(store.find("bucket", "k"));
  CHECK(refusal("PUT", "/bucket/k", {{"x-amz-expected-bucket-owner", "000000000000"}}, "1") ==
        "200");
}

TEST_CASE_FIXTURE(Fixture, "what the sandbox cannot do is refused, not ignored") {
  send("PUT", "/bucket/k", {}, "1");
  for (const auto* target : {"/bucket/k?acl", "/bucket/k?tagging", "/bucket?versions",
                             "/bucket?policy", "/bucket/k?partNumber=1"}) {
    CAPTURE(target);
    CHECK(refusal("GET", target) == "501 NotImplemented");
  }
  for (const Pairs& headers :
       {Pairs{{"x-amz-copy-source", "/bucket/k"}},
        Pairs{{"x-amz-server-side-encryption", "aws:kms"}},
        Pairs{{"x-amz-storage-class", "GLACIER"}}, Pairs{{"x-amz-tagging", "a=b"}}}) {
    CHECK(refusal("PUT", "/bucket/k2", headers, "") == "501 NotImplemented");
  }
  CHECK(refusal("PUT", "/bucket/k2", {{"x-amz-storage-class", "STANDARD"}}, "1") == "200");
  CHECK(refusal("POST", "/bucket/k") == "405 MethodNotAllowed");
  CHECK(refusal("DELETE", "/bucket") == "405 MethodNotAllowed");
}

TEST_CASE_FIXTURE(Fixture, "a listing folds by delimiter and pages by token") {
  for (const auto* key : {"a/1", "a/2", "b", "c d", "e/1"})
    send("PUT", std::string("/bucket/") + key, {}, "x");
  const auto all = sandbox::xml::parse(send("GET", "/bucket?list-type=2&delimiter=%2F").body);
  CHECK(all.text_of("KeyCount") == "4");
  CHECK(all.text_of("IsTruncated") == "false");

  std::string seen;
  std::string token;
  int pages = 0;
  do {
    const auto page = sandbox::xml::parse(
        send("GET", "/bucket?list-type=2&delimiter=%2F&max-keys=1&encoding-type=url" +
                        (token.empty() ? "" : "&continuation-token=" + token))
            .body);
    for (const auto& child : page.children) {
      if (child.name == "Contents") seen += std::string(child.text_of("Key")) + " ";
      if (child.name == "CommonPrefixes") seen += std::string(child.text_of("Prefix")) + " ";
    }
    token = page.text_of("NextContinuationToken");
    ++pages;
  } while (!token.empty());
  CHECK(pages == 4);
  CHECK(seen == "a/ b c%20d e/ ");
}

TEST_CASE_FIXTURE(Fixture, "a multipart upload becomes one object with the ETag of its parts") {
  const auto id = begin_upload("/bucket/big", {{"content-type", "application/zip"}});
  const std::string first(five_mib, 'a');
  const auto target = [&id](int number) {
    return "/bucket/big?uploadId=" + id + "&partNumber=" + std::to_string(number);
  };
  send("PUT", target(1), {}, "to be replaced");
  const auto one = send("PUT", target(1), {}, first);
  const auto two = send("PUT", target(2), {}, "tail");
  CHECK_FALSE(store.find("bucket", "big"));
  const auto parts = sandbox::xml::parse(send("GET", "/bucket/big?uploadId=" + id).body);
  CHECK(parts.children[3].text_of("Size") == std::to_string(five_mib));

  const auto list = part_list(
      {std::string(value_of(one.headers, "ETag")), std::string(value_of(two.headers, "ETag"))});
  const auto done = sandbox::xml::parse(send("POST", "/bucket/big?uploadId=" + id, {}, list).body);
  CHECK(done.text_of("ETag").ends_with("-2\""));
  const auto object = store.find("bucket", "big");
  REQUIRE(object);
  CHECK(object->content_type == "application/zip");
  CHECK(object->size == five_mib + 4);
  CHECK(refusal("POST", "/bucket/big?uploadId=" + id, {}, list) == "404 NoSuchUpload");
  CHECK(std::filesystem::is_empty(folder.path() / ".uploads"));
}

TEST_CASE_FIXTURE(Fixture, "a multipart upload that does not add up is refused and stays open") {
  const auto id = begin_upload("/bucket/big");
  const auto target = "/bucket/big?uploadId=" + id;
  const auto etag = [&](int number, const std::string& body) {
    return std::string(value_of(
        send("PUT", target + "&partNumber=" + std::to_string(number), {}, body).headers, "ETag"));
  };
  const auto one = etag(1, "small");
  const auto two = etag(2, "tail");
  CHECK(refusal("POST", target, {}, part_list({one, two})) == "400 EntityTooSmall");
  CHECK(refusal("POST", target, {}, part_list({two})) == "400 InvalidPart");
  CHECK(refusal("POST", target, {}, part_list({one, one, one})) != "200");
  CHECK(refusal("POST", target, {}, "<a/>") == "400 MalformedXML");
  CHECK(refusal("POST", target, {}, "{}") == "400 MalformedXML");
  CHECK(refusal("POST", target, {{"x-amz-mp-object-size", "6"}}, part_list({one})) ==
        "400 InvalidRequest");
  CHECK(refusal("PUT", target + "&partNumber=10001", {}, "x") == "400 InvalidArgument");
  CHECK(refusal("PUT", "/bucket/other?partNumber=1&uploadId=" + id, {}, "x") == "404 NoSuchUpload");
  CHECK(sandbox::xml::parse(send("GET", "/bucket?uploads").body).find("Upload") != nullptr);

  CHECK(send("DELETE", target).status == 204);
  CHECK(refusal("PUT", target + "&partNumber=1", {}, "x") == "404 NoSuchUpload");
  CHECK(sandbox::xml::parse(send("GET", "/bucket?uploads").body).find("Upload") == nullptr);
  CHECK_FALSE(store.find("bucket", "big"));
}

TEST_CASE_FIXTURE(Fixture, "a multipart checksum is composed of its parts' or of the whole") {
  // CRC-32 of "123456789", and of those four bytes: y/Q5Jg== and its own.
  for (const auto* type : {"COMPOSITE", "FULL_OBJECT"}) {
    const auto id = begin_upload(
        "/bucket/k", {{"x-amz-checksum-algorithm", "CRC32"}, {"x-amz-checksum-type", type}});
    const auto part = send("PUT", "/bucket/k?partNumber=1&uploadId=" + id,
                           {{"x-amz-checksum-crc32", "y/Q5Jg=="}}, "123456789");
    const auto list = part_list({std::string(value_of(part.headers, "ETag"))});
    const auto done = sandbox::xml::parse(send("POST", "/bucket/k?uploadId=" + id, {}, list).body);
    const bool composite = std::string_view(type) == "COMPOSITE";
    CHECK((done.text_of("ChecksumCRC32") == "y/Q5Jg==") == !composite);
    CHECK(done.text_of("ChecksumCRC32").ends_with("-1") == composite);
    const auto head = send("HEAD", "/bucket/k", {{"x-amz-checksum-mode", "ENABLED"}});
    CHECK(value_of(head.headers, "x-amz-checksum-type") == type);
  }
}

TEST_CASE_FIXTURE(Fixture, "buckets are made, found and told") {
  CHECK(refusal("PUT", "/Bad_Name") == "400 InvalidBucketName");
  CHECK(refusal("HEAD", "/second") == "404 NoSuchBucket");
  CHECK(refusal("PUT", "/second") == "200");
  CHECK(refusal("PUT", "/second") == "200");
  CHECK(refusal("HEAD", "/second") == "200");
  const std::string elsewhere =
      "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
      "</CreateBucketConfiguration>";
  CHECK(refusal("PUT", "/third", {}, elsewhere) == "400 IllegalLocationConstraintException");
  CHECK(send("GET", "/second?versioning").body.find("<Status>Enabled</Status>") !=
        std::string::npos);
  const auto buckets = sandbox::xml::parse(send("GET", "/").body);
  CHECK(buckets.find("Buckets")->children.size() == 2);
}
