// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "timing/timestamp.hpp"

namespace {

using aws::sigv4::PathRule;

// The example keys of AWS's documentation.
const aws::Credentials suite_keys{.access_key = "AKIDEXAMPLE",
                                  .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const aws::Credentials s3_keys{.access_key = "AKIAIOSFODNN7EXAMPLE",
                               .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string signature_of(http::Request request, const aws::sigv4::Scope& scope,
                         const aws::Credentials& keys, std::string_view hash,
                         std::string_view when) {
  aws::sigv4::Signer signer;
  signer.sign(request, scope, keys, hash, *timing::find_sigv4_basic(when));
  const auto header = request.headers.find("Authorization").value();
  return header.substr(header.rfind('=') + 1);
}

}  // namespace

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html and
// the Signature Version 4 test suite.
TEST_CASE("requests to services other than S3 get the documented signatures") {
  const aws::sigv4::Scope iam{.region = "us-east-1", .service = "iam"};
  const aws::sigv4::Scope suite{.region = "us-east-1", .service = "service"};
  constexpr auto when = "20150830T123600Z";

  CHECK(signature_of(
            {.url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
             .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}},
            iam, suite_keys, "",
            when) == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  CHECK(signature_of({.url = "https://example.amazonaws.com/"}, suite, suite_keys, "", when) ==
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
TEST_CASE("S3 requests get the documented signatures") {
  const aws::sigv4::Scope scope{.region = "us-east-1", .service = "s3", .path = PathRule::as_sent};
  constexpr auto when = "20130524T000000Z";
  const std::string bucket = "https://examplebucket.s3.amazonaws.com";

  CHECK(signature_of({.url = bucket + "/test.txt", .headers = {{"Range", "bytes=0-9"}}}, scope,
                     s3_keys, "",
                     when) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(signature_of({.method = "PUT",
                      .url = bucket + "/test%24file.text",
                      .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                  {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}},
                     scope, s3_keys,
                     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
                     when) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  CHECK(signature_of({.url = bucket + "/?lifecycle"}, scope, s3_keys, "", when) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  CHECK(signature_of({.url = bucket + "/?max-keys=2&prefix=J"}, scope, s3_keys, "", when) ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("paths are normalised and encoded twice, but for S3") {
  struct Case {
    std::string_view sent;
    std::string_view canonical;
  };
  constexpr Case others[] = {
      {"", "/"},
      {"/", "/"},
      {"/a//b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/./b/", "/a/b/"},
      {"/../..", "/"},
      {"/arn%3Aaws", "/arn%253Aaws"},
      {"/a/..", "/"},
  };
  for (const auto& c : others) {
    CAPTURE(c.sent);
    CHECK(aws::sigv4::canonical_path(c.sent, PathRule::normalised_twice_encoded) == c.canonical);
  }
  CHECK(aws::sigv4::canonical_path("/a//b/../c%20d", PathRule::as_sent) == "/a//b/../c%20d");
}

TEST_CASE("queries are sorted by encoded name, then value, and have a '=' each") {
  struct Case {
    std::string_view query;
    std::string_view canonical;
  };
  constexpr Case cases[] = {
      {"", ""},
      {"uploads", "uploads="},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1&a", "a=&a=1&a=2"},
      {"prefix=a/b c", "prefix=a%2Fb%20c"},
      {"x=%2f%c3%bc", "x=%2F%C3%BC"},
      {"a-b=1&a=1", "a=1&a-b=1"},
      {"k=a=b", "k=a%3Db"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    CHECK(aws::sigv4::canonical_query(c.query) == c.canonical);
  }
}

TEST_CASE("headers sort by whole name, fold white space and merge repeats") {
  http::Request request{.url = "https://host:8443/"};
  request.headers.add("x-amz-meta-a-b", "2");
  request.headers.add("X-Amz-Meta-A", "  one \t two  ");
  request.headers.add("x-amz-meta-a", "three");
  request.headers.add("User-Agent", "changes on the way");
  request.headers.add("Expect", "100-continue");

  const auto steps = aws::sigv4::steps(request, {.region = "r", .service = "s"}, "hash", {});

  CHECK(steps.signed_headers == "host;x-amz-meta-a;x-amz-meta-a-b");
  CHECK(steps.canonical_request ==
        "GET\n/\n\nhost:host:8443\nx-amz-meta-a:one two,three\nx-amz-meta-a-b:2\n\n"
        "host;x-amz-meta-a;x-amz-meta-a-b\nhash");
}

TEST_CASE("signing again replaces what the attempt before had set") {
  aws::sigv4::Signer signer;
  const aws::sigv4::Scope scope{.region = "r", .service = "s3", .path = PathRule::as_sent};
  auto keys = s3_keys;
  keys.session_token = "token";
  http::Request request{.url = "https://host/key"};

  signer.sign(request, scope, keys, "", *timing::find_sigv4_basic("20260101T000000Z"));
  const auto first = request.headers.find("Authorization");
  signer.sign(request, scope, keys, "", *timing::find_sigv4_basic("20260102T000000Z"));

  CHECK(request.headers.find("Authorization") != first);
  CHECK(request.headers.all("Authorization").size() == 1);
  CHECK(request.headers.all("X-Amz-Date").size() == 1);
  CHECK(request.headers.all("X-Amz-Content-Sha256").size() == 1);
  CHECK(request.headers.find("Authorization")->find("x-amz-security-token") != std::string::npos);
}

TEST_CASE("a signer follows a change of keys at once") {
  aws::sigv4::Signer signer;
  const aws::sigv4::Scope scope{.region = "r", .service = "s"};
  const auto when = *timing::find_sigv4_basic("20260101T000000Z");
  http::Request one{.url = "https://host/"};
  http::Request two{.url = "https://host/"};

  signer.sign(one, scope, {.access_key = "A", .secret_key = "first"}, "", when);
  signer.sign(two, scope, {.access_key = "A", .secret_key = "second"}, "", when);

  CHECK(one.headers.find("Authorization") != two.headers.find("Authorization"));
}
