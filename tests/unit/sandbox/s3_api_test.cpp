// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/api.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "sandbox/s3/checksum.hpp"
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
    return send_from("us-east-1", method, target, headers, body);
  }

  Answer send_from(const std::string& region, const std::string& method, const std::string& target,
                   const Pairs& headers = {}, const std::string& body = {}) {
    const auto question = target.find('?');
    const Request request{.method = method,
                          .path = target.substr(0, question),
                          .query = question == std::string::npos ? "" : target.substr(question + 1),
                          .headers = headers};
    sandbox::TextBody incoming(body);
    return api.answer(request, incoming, region);
  }

  std::string header(const std::string& target, const std::string& name) {
    return std::string(value_of(send("HEAD", target).headers, name));
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

  std::size_t files_in_store() const {
    return static_cast<std::size_t>(std::distance(
        std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()));
  }

  std::string begin_upload(const std::string& target, const Pairs& headers = {}) {
    const auto answer = send("POST", target + "?uploads", headers);
    return std::string(sandbox::xml::parse(answer.body).text_of("UploadId"));
  }
};

std::string sent_bytes(const Answer& answer) {
  if (answer.files.empty()) return answer.body;
  std::string bytes;
  for (const auto& part : answer.files) {
    bytes += file::read(part.path).substr(part.offset, part.size);
  }
  return bytes;
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
  for (const auto* target : {"/bucket/k?acl", "/bucket?policy", "/bucket/k?attributes"}) {
    CAPTURE(target);
    CHECK(refusal("GET", target) == "501 NotImplemented");
  }
  CHECK(refusal("PUT", "/bucket/k2", {{"x-amz-object-lock-mode", "GOVERNANCE"}}, "") ==
        "501 NotImplemented");
  CHECK(refusal("PUT", "/bucket/k2",
                {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}},
                "") == "501 NotImplemented");
  CHECK(refusal("PUT", "/bucket/k2", {{"x-amz-storage-class", "STANDARD"}}, "1") == "200");
  CHECK(refusal("POST", "/bucket/k") == "405 MethodNotAllowed");
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
  CHECK(parts.find("Part")->text_of("Size") == std::to_string(five_mib));

  const auto list = part_list(
      {std::string(value_of(one.headers, "ETag")), std::string(value_of(two.headers, "ETag"))});
  const auto done = sandbox::xml::parse(send("POST", "/bucket/big?uploadId=" + id, {}, list).body);
  CHECK(done.text_of("ETag").ends_with("-2\""));
  const auto object = store.find("bucket", "big");
  REQUIRE(object);
  CHECK(object->content_type == "application/zip");
  CHECK(object->size() == five_mib + 4);
  CHECK(refusal("POST", "/bucket/big?uploadId=" + id, {}, list) == "404 NoSuchUpload");
  // The replaced part is gone, the others are the object: nothing was copied.
  CHECK(files_in_store() == 2);
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
    const auto list = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
                      std::string(value_of(part.headers, "ETag")) +
                      "</ETag><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32></Part>"
                      "</CompleteMultipartUpload>";
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
  CHECK(send("GET", "/second?versioning").body.find("<Status>") == std::string::npos);
  const auto buckets = sandbox::xml::parse(send("GET", "/").body);
  CHECK(buckets.find("Buckets")->children.size() == 2);
  send("PUT", "/second/k", {}, "1");
  CHECK(refusal("DELETE", "/second") == "409 BucketNotEmpty");
  send("DELETE", "/second/k");
  CHECK(refusal("DELETE", "/second") == "204");
  CHECK(refusal("DELETE", "/second") == "404 NoSuchBucket");
}

TEST_CASE_FIXTURE(Fixture, "a bucket elsewhere answers requests signed for its own region only") {
  const auto configuration = [](const std::string& region) {
    return "<CreateBucketConfiguration><LocationConstraint>" + region +
           "</LocationConstraint></CreateBucketConfiguration>";
  };
  CHECK(refusal("PUT", "/third", {}, configuration("Not A Region")) ==
        "400 InvalidLocationConstraint");
  CHECK(send("PUT", "/irish", {}, configuration("eu-west-1")).status == 200);
  CHECK(refusal("PUT", "/irish", {}, configuration("eu-west-1")) == "409 BucketAlreadyOwnedByYou");

  struct Case {
    std::string signed_for;
    std::string answer;
  };
  for (const auto& each : {Case{"us-east-1", "301 PermanentRedirect"},
                           Case{"eu-central-1", "400 AuthorizationHeaderMalformed"}}) {
    CAPTURE(each.signed_for);
    for (const auto* method : {"PUT", "GET", "HEAD"}) {
      try {
        send_from(each.signed_for, method, "/irish/k", {}, "");
        FAIL("answered");
      } catch (const sandbox::Fault& fault) {
        CHECK(std::to_string(fault.status()) + " " + fault.code() == each.answer);
        CHECK(value_of(fault.headers(), "x-amz-bucket-region") == "eu-west-1");
        const bool is_redirect = fault.status() == 301;
        CHECK((value_of(fault.details(), "Endpoint") == "irish.s3.eu-west-1.amazonaws.com") ==
              is_redirect);
        CHECK((value_of(fault.details(), "Region") == "eu-west-1") == !is_redirect);
      }
    }
  }
  CHECK(send_from("eu-west-1", "PUT", "/irish/k", {}, "1").status == 200);
  CHECK(value_of(send_from("eu-west-1", "HEAD", "/irish").headers, "x-amz-bucket-region") ==
        "eu-west-1");
  CHECK_THROWS_WITH(send_from("eu-west-1", "PUT", "/fourth"),
                    "The unspecified location constraint is incompatible for the region specific "
                    "endpoint this request was sent to.");
}

TEST_CASE_FIXTURE(Fixture, "versioning is switched on and suspended, and versions are listed") {
  send("PUT", "/plain", {}, "");
  CHECK(value_of(send("PUT", "/plain/k", {}, "1").headers, "x-amz-version-id").empty());
  const auto switch_to = [this](const std::string& status) {
    return send(
               "PUT", "/plain?versioning", {},
               "<VersioningConfiguration><Status>" + status + "</Status></VersioningConfiguration>")
        .status;
  };
  CHECK(switch_to("Enabled") == 200);
  send("PUT", "/plain/k", {}, "2");
  CHECK(switch_to("Suspended") == 200);
  CHECK(value_of(send("PUT", "/plain/k", {}, "3").headers, "x-amz-version-id") == "null");
  CHECK(value_of(send("DELETE", "/plain/k").headers, "x-amz-delete-marker") == "true");
  const auto all = sandbox::xml::parse(send("GET", "/plain?versions").body);
  CHECK(all.find("DeleteMarker")->text_of("VersionId") == "null");
  CHECK(all.find("DeleteMarker")->text_of("IsLatest") == "true");
  CHECK(all.find("Version")->text_of("IsLatest") == "false");

  const auto first = sandbox::xml::parse(send("GET", "/plain?versions&max-keys=1").body);
  CHECK(first.text_of("IsTruncated") == "true");
  const auto second =
      sandbox::xml::parse(send("GET", "/plain?versions&key-marker=k&version-id-marker=" +
                                          std::string(first.text_of("NextVersionIdMarker")))
                              .body);
  CHECK(second.find("DeleteMarker") == nullptr);
  CHECK(second.find("Version") != nullptr);
  CHECK(refusal("PUT", "/plain?versioning", {}, "<VersioningConfiguration/>") ==
        "400 IllegalVersioningConfigurationException");
}

TEST_CASE_FIXTURE(Fixture, "encryption is shown, and the ETag under KMS is no MD5") {
  const Pairs kms{{"x-amz-server-side-encryption", "aws:kms"},
                  {"x-amz-server-side-encryption-aws-kms-key-id", "1234"}};
  const auto put = send("PUT", "/bucket/k", kms, "hello");
  CHECK(value_of(put.headers, "ETag") != "\"5d41402abc4b2a76b9719d911017c592\"");
  CHECK(header("/bucket/k", "x-amz-server-side-encryption-aws-kms-key-id") ==
        "arn:aws:kms:us-east-1:000000000000:key/1234");
  send("PUT", "/bucket/plain", {}, "hello");
  CHECK(header("/bucket/plain", "x-amz-server-side-encryption") == "AES256");

  auto denied = kms;
  denied[1].second = "key/denied";
  CHECK(refusal("PUT", "/bucket/k", denied, "x") == "403 AccessDenied");
  CHECK(refusal("POST", "/bucket/k?uploads", denied) == "403 AccessDenied");
  CHECK(refusal("PUT", "/bucket/k", {{"x-amz-server-side-encryption", "rot13"}}, "x") ==
        "400 InvalidArgument");
  CHECK(refusal("PUT", "/bucket/k", {kms[1]}, "x") == "400 InvalidArgument");

  const std::string by_default =
      "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
      "<SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
      "</ServerSideEncryptionConfiguration>";
  CHECK(send("PUT", "/bucket?encryption", {}, by_default).status == 200);
  send("PUT", "/bucket/plain", {}, "hello");
  CHECK(header("/bucket/plain", "x-amz-server-side-encryption") == "aws:kms");
}

TEST_CASE_FIXTURE(Fixture, "storage classes, ACLs and tags that S3 refuses are refused") {
  const auto refused = [this](const std::string& name, const std::string& value) {
    return refusal("PUT", "/bucket/k", {{name, value}}, "x");
  };
  CHECK(refused("x-amz-storage-class", "COLD") == "400 InvalidStorageClass");
  CHECK(refused("x-amz-acl", "public-read") == "400 AccessControlListNotSupported");
  CHECK(refused("x-amz-acl", "bucket-owner-full-control") == "200");
  CHECK(refused("x-amz-grant-read", "id=1") == "400 AccessControlListNotSupported");
  CHECK(refused("x-amz-tagging", "a=1&a=2") == "400 InvalidTag");
  CHECK(refused("x-amz-tagging", "=1") == "400 InvalidTag");
  std::string tags = "t0=v";
  for (int i = 1; i < 10; ++i) tags += "&t" + std::to_string(i) + "=v";
  CHECK(refused("x-amz-tagging", tags) == "200");
  CHECK(header("/bucket/k", "x-amz-tagging-count") == "10");
  CHECK(refused("x-amz-tagging", tags + "&t10=v") == "400 BadRequest");

  CHECK(refused("x-amz-storage-class", "GLACIER") == "200");
  CHECK(header("/bucket/k", "x-amz-storage-class") == "GLACIER");
  CHECK(refusal("GET", "/bucket/k") == "403 InvalidObjectState");
}

TEST_CASE_FIXTURE(Fixture, "tags are put, got and deleted") {
  send("PUT", "/bucket/k", {{"x-amz-tagging", "a%20b=1+2"}}, "x");
  CHECK(send("GET", "/bucket/k?tagging").body.find("<Key>a b</Key><Value>1 2</Value>") !=
        std::string::npos);
  CHECK(send("PUT", "/bucket/k?tagging", {},
             "<Tagging><TagSet><Tag><Key>c</Key><Value>d</Value></Tag></TagSet></Tagging>")
            .status == 200);
  CHECK(header("/bucket/k", "x-amz-tagging-count") == "1");
  CHECK(send("DELETE", "/bucket/k?tagging").status == 204);
  CHECK(header("/bucket/k", "x-amz-tagging-count").empty());
  CHECK(refusal("PUT", "/bucket/k?tagging", {}, "<Tagging/>") == "400 MalformedXML");
}

TEST_CASE_FIXTURE(Fixture, "a copy has its source's bytes, and other metadata where asked") {
  send("PUT", "/bucket/a", {{"x-amz-meta-v", "1"}, {"x-amz-tagging", "t=1"}}, "hello");
  const Pairs from_a{{"x-amz-copy-source", "bucket/a"}};
  CHECK(send("PUT", "/bucket/b", from_a).status == 200);
  CHECK(sent_bytes(send("GET", "/bucket/b")) == "hello");
  CHECK(header("/bucket/b", "x-amz-meta-v") == "1");
  CHECK(header("/bucket/b", "x-amz-tagging-count") == "1");
  CHECK(refusal("PUT", "/bucket/a", from_a) == "400 InvalidRequest");
  CHECK(refusal("PUT", "/bucket/c", {{"x-amz-copy-source", "bucket/none"}}) == "404 NoSuchKey");
  CHECK(refusal("PUT", "/bucket/b", {{"x-amz-copy-source", "bucket/a"}, {"if-none-match", "*"}}) ==
        "412 PreconditionFailed");
  send("PUT", "/bucket/a",
       {{"x-amz-copy-source", "/bucket/a"}, {"x-amz-metadata-directive", "REPLACE"}});
  CHECK(header("/bucket/a", "x-amz-meta-v").empty());
}

TEST_CASE_FIXTURE(Fixture, "many objects are deleted at once") {
  for (const auto* key : {"a", "b", "c"}) send("PUT", std::string("/bucket/") + key, {}, "x");
  const auto done = sandbox::xml::parse(
      send("POST", "/bucket?delete", {},
           "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>")
          .body);
  CHECK(done.children.size() == 2);
  CHECK(done.find("Deleted")->text_of("DeleteMarker") == "true");
  CHECK(store.list("bucket", "").size() == 1);
  CHECK(refusal("POST", "/bucket?delete", {}, "<Delete/>") == "400 MalformedXML");
}

TEST_CASE_FIXTURE(Fixture, "the first listing pages by marker and names owners") {
  for (const auto* key : {"a", "b", "c"}) send("PUT", std::string("/bucket/") + key, {}, "x");
  const auto page = sandbox::xml::parse(send("GET", "/bucket?max-keys=2").body);
  CHECK(page.text_of("NextMarker") == "b");
  CHECK(page.find("Contents")->find("Owner") != nullptr);
  const auto rest = sandbox::xml::parse(send("GET", "/bucket?marker=b").body);
  CHECK(rest.find("Contents")->text_of("Key") == "c");
}

TEST_CASE_FIXTURE(Fixture, "a conditional write beside an unfinished one is a conflict") {
  CHECK(store.begin_conditional_write("bucket", "k"));
  const Pairs absent{{"if-none-match", "*"}};
  CHECK(refusal("PUT", "/bucket/k", absent, "1") == "409 ConditionalRequestConflict");
  CHECK(refusal("PUT", "/bucket/k", {}, "1") == "200");
  store.end_conditional_write("bucket", "k");
  CHECK(refusal("PUT", "/bucket/k", absent, "1") == "412 PreconditionFailed");
  CHECK(refusal("PUT", "/bucket/none", {{"if-match", "\"0\""}}, "1") == "404 NoSuchKey");
  CHECK(refusal("PUT", "/bucket/none", absent, "1") == "200");
}

TEST_CASE_FIXTURE(Fixture, "a multipart upload holds its parts to its checksum") {
  CHECK(refusal("POST", "/bucket/k?uploads",
                {{"x-amz-checksum-algorithm", "SHA256"}, {"x-amz-checksum-type", "FULL_OBJECT"}}) ==
        "400 InvalidRequest");
  CHECK(refusal("POST", "/bucket/k?uploads",
                {{"x-amz-checksum-algorithm", "CRC64NVME"},
                 {"x-amz-checksum-type", "COMPOSITE"}}) == "400 InvalidRequest");
  const auto sha = begin_upload("/bucket/k", {{"x-amz-checksum-algorithm", "SHA256"}});
  const auto part = "/bucket/k?partNumber=1&uploadId=" + sha;
  CHECK(refusal("PUT", part, {}, "123456789") == "400 InvalidRequest");
  CHECK(refusal("PUT", part, {{"x-amz-checksum-crc32", "y/Q5Jg=="}}, "123456789") ==
        "400 InvalidRequest");
  const auto sent =
      send("PUT", part, {{"x-amz-checksum-sha256", *sandbox::s3::checksum("sha256", "123456789")}},
           "123456789");
  const auto list = part_list({std::string(value_of(sent.headers, "ETag"))});
  CHECK(refusal("POST", "/bucket/k?uploadId=" + sha, {}, list) == "400 InvalidRequest");
}

TEST_CASE_FIXTURE(Fixture, "the checksum of a whole object comes from those of its parts") {
  const auto id = begin_upload("/bucket/k", {{"x-amz-checksum-algorithm", "CRC64NVME"}});
  const std::string first(five_mib, 'a');
  const auto target = "/bucket/k?uploadId=" + id;
  const auto one = send("PUT", target + "&partNumber=1", {}, first);
  const auto two = send("PUT", target + "&partNumber=2", {}, "tail");
  const auto list = part_list(
      {std::string(value_of(one.headers, "ETag")), std::string(value_of(two.headers, "ETag"))});
  const auto whole = *sandbox::s3::checksum("crc64nvme", first + "tail");
  CHECK(refusal("POST", target, {{"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}}, list) ==
        "400 BadDigest");
  const auto done =
      sandbox::xml::parse(send("POST", target,
                               {{"x-amz-checksum-crc64nvme", whole},
                                {"x-amz-checksum-type", "FULL_OBJECT"},
                                {"x-amz-mp-object-size", std::to_string(five_mib + 4)}},
                               list)
                              .body);
  CHECK(done.text_of("ChecksumCRC64NVME") == whole);
  CHECK(done.text_of("ChecksumType") == "FULL_OBJECT");

  const auto across =
      send("GET", "/bucket/k", {{"range", "bytes=" + std::to_string(five_mib - 1) + "-"}});
  CHECK(sent_bytes(across) == "atail");
  const auto part = send("GET", "/bucket/k?partNumber=2");
  CHECK(sent_bytes(part) == "tail");
  CHECK(value_of(part.headers, "x-amz-mp-parts-count") == "2");
  CHECK(refusal("GET", "/bucket/k?partNumber=3") == "416 InvalidPartNumber");
}

TEST_CASE_FIXTURE(Fixture, "multipart uploads are listed by page, prefix and delimiter") {
  const auto one = begin_upload("/bucket/a/1");
  const auto two = begin_upload("/bucket/a/1");
  begin_upload("/bucket/b");
  const auto page = sandbox::xml::parse(send("GET", "/bucket?uploads&max-uploads=1").body);
  CHECK(page.find("Upload")->text_of("Key") == "a/1");
  const auto next = sandbox::xml::parse(
      send("GET", "/bucket?uploads&key-marker=" + std::string(page.text_of("NextKeyMarker")) +
                      "&upload-id-marker=" + std::string(page.text_of("NextUploadIdMarker")))
          .body);
  CHECK(next.find("Upload")->text_of("Key") == "a/1");
  CHECK(next.find("Upload")->text_of("UploadId") != page.find("Upload")->text_of("UploadId"));
  const auto folded = sandbox::xml::parse(send("GET", "/bucket?uploads&delimiter=%2F").body);
  CHECK(folded.find("CommonPrefixes")->text_of("Prefix") == "a/");
  CHECK(folded.find("Upload")->text_of("Key") == "b");
  CHECK(one != two);
}
