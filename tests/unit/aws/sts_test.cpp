// SPDX-License-Identifier: Apache-2.0
#include "aws/sts.hpp"

#include <doctest/doctest.h>

#include <string>

#include "aws/ecr.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "text/base64.hpp"
#include "timing/timestamp.hpp"

namespace {

// A caller whose every request goes to one server.
struct Fixture {
  explicit Fixture(support::ServedAnswer answer)
      : server([answer = std::move(answer)](const auto&) { return answer; }) {}

  aws::Session session() {
    const auto url = http::parse_url("http://" + server.authority());
    return {
        .region = "eu-central-1",
        .credentials = aws::store_of({.access_key = "AKID", .secret_key = "secret-of-akid"}, clock),
        .overrides = {.sts = url, .ecr = url}};
  }

  support::FakeClock clock;
  support::AnsweringServer server;
  http::Client client{clock, {}, {}};
  aws::Caller caller{client, session()};
};

std::string ecr_answer(const std::string& token) {
  return R"({"authorizationData":[{"authorizationToken":")" + token +
         R"(","expiresAt":1.7500432E9,)"
         R"("proxyEndpoint":"https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"}]})";
}

}  // namespace

TEST_CASE("STS tells whose keys they are") {
  Fixture fixture({.body = "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                           "<Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDA</UserId>"
                           "<Account>123456789012</Account></GetCallerIdentityResult>"
                           "</GetCallerIdentityResponse>"});

  const auto identity = aws::Sts(fixture.caller).caller_identity();
  CHECK(identity.account == "123456789012");
  CHECK(identity.arn == "arn:aws:iam::123456789012:user/ci");
  CHECK(identity.user_id == "AIDA");
  CHECK(fixture.server.requests()[0].body == "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST_CASE("an answer of STS without keys that end is no answer") {
  Fixture fixture({.body = "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                           "<AccessKeyId>A</AccessKeyId><SecretAccessKey>some-secret"
                           "</SecretAccessKey></Credentials></AssumeRoleResult>"
                           "</AssumeRoleResponse>"});

  const auto error = support::error_of(
      [&] { aws::Sts(fixture.caller).assume_role({.role_arn = "arn:r", .session_name = "s"}); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message() == "assume role arn:r: an answer without keys that end");
}

TEST_CASE("the registry's login is user and password with an end") {
  Fixture fixture({.body = ecr_answer(text::base64(std::string_view("AWS:pass:word")))});

  const auto login = aws::Ecr(fixture.caller).login();
  CHECK(login.registry == "123456789012.dkr.ecr.eu-central-1.amazonaws.com");
  CHECK(login.username == "AWS");
  CHECK(login.password == "pass:word");
  CHECK(login.expires == timing::find_rfc3339("2025-06-16T03:06:40Z"));
  const auto request = fixture.server.requests()[0];
  CHECK(request.header("x-amz-target") ==
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  CHECK(request.body == "{}");
  CHECK(request.header("authorization").find("/eu-central-1/ecr/aws4_request") !=
        std::string::npos);
}

TEST_CASE("a registry's answer without a login is told") {
  for (const auto& body :
       {std::string("{}"), std::string(R"({"authorizationData":[]})"), ecr_answer("%%"),
        ecr_answer(text::base64(std::string_view("no colon")))}) {
    CAPTURE(body);
    Fixture fixture({.body = body});
    const auto error = support::error_of([&] { aws::Ecr(fixture.caller).login(); });
    CHECK(error.kind() == base::Kind::unavailable);
    CHECK(error.message() ==
          "log in to the container registry: an answer without user and password");
  }
}
