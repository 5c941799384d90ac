// SPDX-License-Identifier: Apache-2.0
#include "aws/failure.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "aws/advice.hpp"

namespace {

http::Response answer(int status, std::string body, http::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

std::string s3_error(std::string_view code) {
  return "<Error><Code>" + std::string(code) + "</Code><Message>m</Message></Error>";
}

std::string json_error(std::string_view code) {
  return R"({"__type":")" + std::string(code) + R"(","message":"m"})";
}

}  // namespace

TEST_CASE("code, message and request id are found in every error form") {
  struct Case {
    http::Response response;
    std::string_view code;
    std::string_view message;
    std::string_view request_id;
  };
  const Case cases[] = {
      {answer(404,
              "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>The specified "
              "bucket does not exist</Message><RequestId>4442</RequestId></Error>"),
       "NoSuchBucket", "The specified bucket does not exist", "4442"},
      {answer(400,
              "<ErrorResponse><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code>"
              "<Message>no</Message></Error><RequestId>77</RequestId></ErrorResponse>"),
       "TargetGroupNotFound", "no", "77"},
      {answer(400, R"({"__type":"ThrottlingException","message":"Rate exceeded"})",
              {{"x-amzn-RequestId", "abc"}}),
       "ThrottlingException", "Rate exceeded", "abc"},
      {answer(400, R"({"__type":"com.amazonaws.codedeploy#InvalidRoleException","Message":"r"})"),
       "InvalidRoleException", "r", ""},
      {answer(403, "", {{"x-amz-request-id", "9"}}), "Forbidden", "", "9"},
      {answer(404, ""), "NotFound", "", ""},
      {answer(502, "<html><body>Bad Gateway</body>"), "HTTP502", "", ""},
      {answer(400, "no upstream"), "BadRequest", "no upstream", ""},
      {answer(400, "[1]"), "BadRequest", "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.response.body);
    const auto failure = aws::failure_of(c.response);
    CHECK(failure.code == c.code);
    CHECK(failure.message == c.message);
    CHECK(failure.request_id == c.request_id);
    CHECK(failure.status == c.response.status);
  }
}

TEST_CASE("whole codes decide whether an answer is tried again") {
  struct Case {
    http::Response response;
    http::Verdict verdict;
  };
  using enum http::Verdict;
  const Case cases[] = {
      {answer(200, ""), keep},
      {answer(404, ""), keep},
      {answer(403, s3_error("AccessDenied")), keep},
      {answer(400, json_error("ThrottlingException")), throttled},
      {answer(400, json_error("LimitExceededException")), throttled},
      {answer(400, json_error("DeploymentLimitExceededException")), keep},
      {answer(400, json_error("ThrottlingExceptionOfAnotherKind")), keep},
      {answer(400, json_error("ExpiredTokenException")), keep},
      {answer(503, s3_error("SlowDown")), throttled},
      {answer(429, ""), throttled},
      {answer(400, s3_error("RequestTimeout")), transient},
      {answer(500, s3_error("InternalError")), transient},
      {answer(503, "<html>"), transient},
      {answer(501, s3_error("NotImplemented")), keep},
  };
  for (const auto& c : cases) {
    CAPTURE(c.response.status);
    CAPTURE(c.response.body);
    CHECK(aws::judge(c.response) == c.verdict);
  }
}

TEST_CASE("an error's kind says whose move it is") {
  struct Case {
    int status;
    std::string_view code;
    base::Kind kind;
    std::string_view hint;  // its beginning
  };
  constexpr Case cases[] = {
      {403, "AccessDenied", base::Kind::refused, "allow that action"},
      {404, "NoSuchBucket", base::Kind::refused, "check the bucket's name"},
      {400, "ApplicationDoesNotExistException", base::Kind::refused, "check the application"},
      {403, "InvalidAccessKeyId", base::Kind::environment, "check AWS_ACCESS_KEY_ID"},
      {400, "UnrecognizedClientException", base::Kind::environment, "check AWS_ACCESS_KEY_ID"},
      {403, "SignatureDoesNotMatch", base::Kind::environment, "check AWS_SECRET_ACCESS_KEY"},
      {400, "ExpiredToken", base::Kind::environment, "get fresh credentials"},
      {403, "RequestTimeTooSkewed", base::Kind::environment, "set this machine's clock"},
      {400, "ThrottlingException", base::Kind::unavailable, "run it again later"},
      {503, "SlowDown", base::Kind::unavailable, "run it again later"},
      {500, "HTTP500", base::Kind::unavailable, ""},
      {400, "SomethingNew", base::Kind::refused, ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.code);
    const auto error =
        aws::error_of({.status = c.status, .code = std::string(c.code)}, "put s3://b/k");
    CHECK(error.kind() == c.kind);
    CHECK(error.hint().starts_with(c.hint));
    CHECK(error.hint().empty() == c.hint.empty());
  }
}

TEST_CASE("an error reads as one line with status and request id") {
  const aws::Failure failure{.status = 403,
                             .code = "AccessDenied",
                             .message = "User: u is not authorized to perform: s3:PutObject.",
                             .request_id = "4442587FB7D0A2F9"};

  CHECK(aws::error_of(failure, "put s3://b/k").message() ==
        "put s3://b/k: AccessDenied: User: u is not authorized to perform: s3:PutObject "
        "(HTTP 403, request 4442587FB7D0A2F9)");
}

TEST_CASE("a denied action is named by the service's words, else by what was asked") {
  struct Case {
    std::string message;
    std::string_view action;
    std::string_view resource;
    std::string_view hint;
  };
  const Case cases[] = {
      {"Access Denied", "s3:PutObject", "arn:aws:s3:::b/k",
       "allow s3:PutObject on arn:aws:s3:::b/k for the identity in use; "},
      {"Access Denied", "codedeploy:GetDeployment", "",
       "allow codedeploy:GetDeployment for the identity in use; "},
      {"Access Denied", "", "", "allow that action for the identity in use; "},
      {"User: arn:aws:sts::1:assumed-role/ci/x is not authorized to perform: kms:GenerateDataKey "
       "on "
       "resource: arn:aws:kms:eu-central-1:1:key/9 because no identity-based policy allows it",
       "s3:PutObject", "arn:aws:s3:::b/k",
       "allow kms:GenerateDataKey on arn:aws:kms:eu-central-1:1:key/9 for the identity in use; "},
      {"User: u is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::b/k\" with "
       "an "
       "explicit deny in a service control policy",
       "s3:PutObject", "arn:aws:s3:::b/k",
       "a policy denies s3:PutObject on arn:aws:s3:::b/k explicitly: "},
      {"User: u is not authorized to perform: codedeploy:GetDeployment.", "", "",
       "allow codedeploy:GetDeployment for the identity in use; "},
  };
  for (const auto& c : cases) {
    CAPTURE(c.message);
    const auto error = aws::error_of({.status = 403,
                                      .code = "AccessDenied",
                                      .message = c.message,
                                      .action = std::string(c.action),
                                      .resource = std::string(c.resource)},
                                     "call");
    CHECK(error.hint().starts_with(c.hint));
  }
}

TEST_CASE("the permission is not always the operation's name") {
  CHECK(aws::s3_action("PutObject") == "s3:PutObject");
  CHECK(aws::s3_action("HeadObject") == "s3:GetObject");
  CHECK(aws::s3_action("CompleteMultipartUpload") == "s3:PutObject");
  CHECK(aws::s3_action("AbortMultipartUpload") == "s3:AbortMultipartUpload");
  CHECK(aws::s3_action("ListParts") == "s3:ListMultipartUploadParts");
  CHECK(aws::s3_action("GetBucketVersioning") == "s3:GetBucketVersioning");
}

TEST_CASE("a bucket that does not exist is told with the region that was asked") {
  const auto error = aws::error_of(
      {.status = 404, .code = "NoSuchBucket", .asked_region = "eu-central-1"}, "put s3://b/k");
  CHECK(error.hint() == "check the bucket's name and the region; asked in eu-central-1");
}

TEST_CASE("the canonical request is found in each form of a refused signature") {
  const auto s3 = aws::failure_of(answer(
      403,
      "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message><CanonicalRequest>GET\n/\n"
      "</CanonicalRequest></Error>"));
  CHECK(s3.canonical_request == "GET\n/\n");

  const auto query = aws::failure_of(answer(
      403,
      R"({"__type":"InvalidSignatureException","message":"The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:h\n'\n\nThe String-to-Sign should have been\n'AWS4'\n"})"));
  CHECK(query.canonical_request == "POST\n/\n\nhost:h\n");
  CHECK(query.message == "The request signature we calculated does not match.");
}

TEST_CASE("canonical requests differ in one line that is told, unless it is the token's") {
  CHECK(aws::canonical_difference("GET\n/a\nq=1", "GET\n/a\nq=2") ==
        "something on the way changed the request: we signed 'q=1', the service read 'q=2' (line 3 "
        "of the canonical request)");
  CHECK(aws::canonical_difference("GET\nhost:h\nx-amz-security-token:SECRET", "GET\nhost:h\n")
            .find("SECRET") == std::string::npos);
  CHECK(
      aws::canonical_difference("GET\nhost:h", "GET\nx-amz-security-token:SECRET").find("SECRET") ==
      std::string::npos);
  CHECK(
      aws::canonical_difference("same", "same").starts_with("the service read the request as it"));
}

TEST_CASE("a 200 with an error is judged by its code, one that was cut is transient") {
  struct Case {
    std::string body;
    http::Verdict verdict;
  };
  using enum http::Verdict;
  const Case cases[] = {
      {"<Result/>", keep},
      {"\n\n" + s3_error("InternalError"), transient},
      {s3_error("SlowDown"), throttled},
      {s3_error("AccessDenied"), keep},
      {"", transient},
      {" \n ", transient},
      {"<Resu", transient},
  };
  for (const auto& c : cases) {
    CAPTURE(c.body);
    CHECK(aws::judge_late(answer(200, c.body)) == c.verdict);
  }
  CHECK(aws::judge_late(answer(503, "")) == transient);
}

TEST_CASE("a bucket in another region is told with that region") {
  const auto by_header = aws::failure_of(answer(301, "", {{"x-amz-bucket-region", "eu-west-1"}}));
  const auto by_body = aws::failure_of(answer(
      400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"));

  for (const auto& failure : {by_header, by_body}) {
    const auto error = aws::error_of(failure, "put s3://b/k");
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.hint() == "the bucket is in eu-west-1: use that region");
  }
}
