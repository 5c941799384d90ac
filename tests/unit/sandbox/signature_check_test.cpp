// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/signature_check.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "file/file.hpp"
#include "json/field.hpp"
#include "json/value.hpp"
#include "sandbox/server/signature_fault.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

using namespace std::chrono_literals;
using sandbox::Protocol;
using sandbox::Rejection;
using sandbox::Request;
using sandbox::SignatureProblem;
using sandbox::value_of;

namespace {

// Requests with signatures that somebody else made, and the key and the time they were made with.
struct SignedRequests {
  sandbox::Credentials credentials;
  timing::SystemTime now;
  std::vector<std::pair<std::string, Request>> requests;

  const Request& named(std::string_view name) const {
    for (const auto& [each, request] : requests) {
      if (each == name) return request;
    }
    throw std::logic_error("no such request");
  }
};

SignedRequests read(const std::string& name) {
  const auto document =
      json::parse(file::read(std::filesystem::path(STAGECRAFT_TEST_DATA) / "sigv4" / name), name);
  const json::Field field(document, name);
  SignedRequests result{{field["access_key"].string(), field["secret_key"].string()},
                        timing::find_sigv4_basic(field["now"].string()).value(),
                        {}};
  for (const auto& item : field["requests"].items()) {
    Request request{.method = item["method"].string(),
                    .path = item["path"].string(),
                    .query = item["query"].string(),
                    .body = item["body"].string()};
    for (const auto& header : item["headers"].items()) {
      const auto pair = header.items();
      request.headers.emplace_back(text::lower(pair[0].string()), pair[1].string());
    }
    result.requests.emplace_back(item["name"].string(), std::move(request));
  }
  return result;
}

const std::vector<std::string_view> all_services{"s3", "codedeploy", "elasticloadbalancing",
                                                 "autoscaling", "sts"};

sandbox::SignatureVerdict check(const SignedRequests& data, const Request& request,
                                std::chrono::seconds later = 0s) {
  return check_signature(request, {data.credentials, data.now + later, all_services});
}

// Absent when the signature holds.
std::optional<SignatureProblem> problem_of(const sandbox::SignatureVerdict& verdict) {
  const auto* rejection = std::get_if<Rejection>(&verdict);
  return rejection == nullptr ? std::nullopt : std::optional(rejection->problem);
}

std::string& header(Request& request, std::string_view name) {
  for (auto& [each, value] : request.headers) {
    if (each == name) return value;
  }
  throw std::logic_error("no such header");
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  REQUIRE(text.find(from) != std::string::npos);
  text = text::replace_all(text, from, to);
}

}  // namespace

TEST_CASE("signatures of AWS's documentation and of botocore hold") {
  for (const auto* name : {"s3_documentation.json", "botocore.json"}) {
    const auto data = read(name);
    CHECK(data.requests.size() >= 5);
    for (const auto& [title, request] : data.requests) {
      CAPTURE(title);
      CHECK(problem_of(check(data, request)) == std::nullopt);
    }
  }
}

TEST_CASE("a request that differs from the signed one in anything that counts is refused") {
  const auto data = read("botocore.json");
  struct Case {
    std::string what;
    std::string request;
    std::function<void(Request&)> change;
  };
  const std::vector<Case> cases{
      {"method", "s3 put", [](Request& r) { r.method = "POST"; }},
      {"path", "s3 put", [](Request& r) { r.path += "x"; }},
      {"an empty path segment dropped", "s3 key a//b", [](Request& r) { r.path = "/bucket/a/b"; }},
      {"dot segments resolved", "s3 key a/../b", [](Request& r) { r.path = "/bucket/b"; }},
      {"query value", "s3 query", [](Request& r) { replace(r.query, "b%20c", "b%20d"); }},
      {"query parameter added", "s3 query", [](Request& r) { r.query += "&marker=a"; }},
      {"signed header", "s3 put", [](Request& r) { header(r, "x-amz-meta-a") = "3"; }},
      {"host", "s3 put", [](Request& r) { header(r, "host") = "127.0.0.1:4567"; }},
      {"body digest", "s3 put",
       [](Request& r) { header(r, "x-amz-content-sha256") = "UNSIGNED-PAYLOAD"; }},
      {"body of a query service", "elbv2 form", [](Request& r) { r.body += "&PageSize=1"; }},
      {"body of a JSON service", "codedeploy json", [](Request& r) { r.body = "{ }"; }},
      {"region", "s3 put",
       [](Request& r) { replace(header(r, "authorization"), "us-east-1", "us-east-2"); }},
      {"signature", "s3 put",
       [](Request& r) {
         auto& last = header(r, "authorization").back();
         last = last == '0' ? '1' : '0';
       }},
      {"presigned lifetime", "s3 presigned",
       [](Request& r) { replace(r.query, "X-Amz-Expires=900", "X-Amz-Expires=901"); }},
      {"presigned version", "s3 presigned",
       [](Request& r) { replace(r.query, "versionId=v1", "versionId=v2"); }},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto request = data.named(each.request);
    each.change(request);
    CHECK(problem_of(check(data, request)) == SignatureProblem::mismatch);
  }
}

TEST_CASE("what makes a signature invalid before it is computed has its own name") {
  const auto data = read("botocore.json");
  struct Case {
    std::string what;
    std::string request;
    std::function<void(Request&)> change;
    SignatureProblem problem;
  };
  const std::vector<Case> cases{
      {"no signature", "s3 put",
       [](Request& r) {
         std::erase_if(r.headers, [](const auto& h) { return h.first == "authorization"; });
       },
       SignatureProblem::missing},
      {"version 2", "s3 put", [](Request& r) { header(r, "authorization") = "AWS AKIA:c2ln"; },
       SignatureProblem::malformed},
      {"another key", "s3 put",
       [](Request& r) { replace(header(r, "authorization"), "AKIASANDBOX", "AKIAOTHER"); },
       SignatureProblem::unknown_key},
      {"session token", "codedeploy json",
       [](Request& r) { r.headers.emplace_back("x-amz-security-token", "t"); },
       SignatureProblem::unknown_token},
      {"another service", "s3 put",
       [](Request& r) { replace(header(r, "authorization"), "/s3/", "/ec2/"); },
       SignatureProblem::wrong_scope},
      {"another day", "s3 put",
       [](Request& r) { replace(header(r, "authorization"), "/20260102/", "/20260103/"); },
       SignatureProblem::wrong_scope},
      {"another terminator", "s3 put",
       [](Request& r) { replace(header(r, "authorization"), "aws4_request", "aws5_request"); },
       SignatureProblem::malformed},
      {"host not signed", "s3 put",
       [](Request& r) { replace(header(r, "authorization"), ";host;", ";"); },
       SignatureProblem::malformed},
      {"no date", "s3 put", [](Request& r) { header(r, "x-amz-date").clear(); },
       SignatureProblem::malformed},
      {"S3 header outside the signature", "s3 put",
       [](Request& r) { r.headers.emplace_back("x-amz-acl", "public-read"); },
       SignatureProblem::unsigned_headers},
      {"presigned for more than a week", "s3 presigned",
       [](Request& r) { replace(r.query, "X-Amz-Expires=900", "X-Amz-Expires=604801"); },
       SignatureProblem::malformed},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto request = data.named(each.request);
    each.change(request);
    CHECK(problem_of(check(data, request)) == each.problem);
  }
}

TEST_CASE("a signature holds for fifteen minutes either way, a presigned one for its lifetime") {
  const auto data = read("botocore.json");
  const auto& plain = data.named("codedeploy json");
  CHECK(problem_of(check(data, plain, 15min)) == std::nullopt);
  CHECK(problem_of(check(data, plain, -15min)) == std::nullopt);
  CHECK(problem_of(check(data, plain, 15min + 1s)) == SignatureProblem::skewed);
  CHECK(problem_of(check(data, plain, -15min - 1s)) == SignatureProblem::skewed);

  const auto& presigned = data.named("s3 presigned");
  CHECK(problem_of(check(data, presigned, 900s)) == std::nullopt);
  CHECK(problem_of(check(data, presigned, 901s)) == SignatureProblem::expired);
  CHECK(problem_of(check(data, presigned, -16min)) == SignatureProblem::skewed);
}

TEST_CASE("the secret key counts") {
  auto data = read("botocore.json");
  data.credentials.secret_key += "x";
  for (const auto& [title, request] : data.requests) {
    CAPTURE(title);
    CHECK(problem_of(check(data, request)) == SignatureProblem::mismatch);
  }
}

TEST_CASE("a signature for a service that the protocol does not lead to is refused") {
  const auto data = read("botocore.json");
  const auto verdict =
      check_signature(data.named("s3 put"), {data.credentials, data.now, {"codedeploy"}});
  CHECK(problem_of(verdict) == SignatureProblem::wrong_scope);
  CHECK(std::get<Rejection>(verdict).detail ==
        "Credential should be scoped to correct service: 'codedeploy', not 's3'");
}

TEST_CASE("a role's keys count with their token and until their session is over") {
  const auto data = read("botocore.json");
  const auto with_keys = [&](std::chrono::seconds life, bool with_token) {
    const auto keys = sandbox::session_keys(
        data.credentials, {"arn:aws:iam::000000000000:role/deploy", "build-7", data.now + life});
    auto request = data.named("codedeploy json");
    replace(header(request, "authorization"), "AKIASANDBOX", keys.credentials.access_key);
    if (with_token) request.headers.emplace_back("x-amz-security-token", keys.token);
    return problem_of(check(data, request));
  };
  CHECK(with_keys(0s, true) == SignatureProblem::expired_token);
  CHECK(with_keys(1s, false) == SignatureProblem::unknown_key);
  // Made with another secret, so only the last check refuses it.
  CHECK(with_keys(1s, true) == SignatureProblem::mismatch);
}

TEST_CASE("each protocol has its own words for the same rejection") {
  struct Case {
    SignatureProblem problem;
    std::string s3;
    std::string json;
    std::string query;
  };
  const std::vector<Case> cases{
      {SignatureProblem::missing, "403 AccessDenied", "400 MissingAuthenticationTokenException",
       "403 MissingAuthenticationToken"},
      {SignatureProblem::unknown_key, "403 InvalidAccessKeyId", "400 UnrecognizedClientException",
       "403 InvalidClientTokenId"},
      {SignatureProblem::expired_token, "400 ExpiredToken", "400 ExpiredTokenException",
       "403 ExpiredToken"},
      {SignatureProblem::mismatch, "403 SignatureDoesNotMatch", "400 InvalidSignatureException",
       "403 SignatureDoesNotMatch"},
      {SignatureProblem::skewed, "403 RequestTimeTooSkewed", "400 InvalidSignatureException",
       "400 RequestExpired"},
      {SignatureProblem::unsigned_headers, "403 AccessDenied", "400 InvalidSignatureException",
       "403 SignatureDoesNotMatch"},
  };
  const auto words = [](SignatureProblem problem, Protocol protocol) {
    const auto fault = fault_of(Rejection{.problem = problem}, protocol);
    return std::to_string(fault.status()) + " " + fault.code();
  };
  for (const auto& each : cases) {
    CHECK(words(each.problem, Protocol::s3) == each.s3);
    CHECK(words(each.problem, Protocol::json) == each.json);
    CHECK(words(each.problem, Protocol::query) == each.query);
  }
}

TEST_CASE("a mismatch shows what the server would have signed, and no key") {
  const auto data = read("botocore.json");
  auto request = data.named("s3 put");
  request.method = "GET";
  const auto verdict = check(data, request);
  const auto fault = fault_of(std::get<Rejection>(verdict), Protocol::s3);
  const auto canonical = std::string(value_of(fault.details(), "CanonicalRequest"));
  CHECK(canonical.starts_with("GET\n/bucket/key.zip\n\n"));
  CHECK(
      value_of(fault.details(), "StringToSign").starts_with("AWS4-HMAC-SHA256\n20260102T030405Z"));
  for (const auto& [name, value] : fault.details()) {
    CHECK(value.find(data.credentials.secret_key) == std::string::npos);
  }
}
