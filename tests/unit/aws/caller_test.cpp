// SPDX-License-Identifier: Apache-2.0
//
// What a call puts right by itself: a clock, a token, a bucket's region, a 200 that is none.
#include "aws/caller.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "timing/timestamp.hpp"

using namespace std::chrono_literals;
using support::ServedAnswer;
using support::ServedRequest;

namespace {

// Gives the next keys of a list, the last for ever.
class Keys final : public aws::CredentialProvider {
 public:
  explicit Keys(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}

  aws::Credentials fetch(aws::Reuse) override {
    const auto token = tokens_.at(std::min(next_++, tokens_.size() - 1));
    return {.access_key = "AKID" + token, .secret_key = "secret", .session_token = token};
  }

 private:
  std::vector<std::string> tokens_;
  std::size_t next_ = 0;
};

struct Setup {
  support::AnsweringServer server;
  support::FakeClock clock;
  aws::Session session;
  http::Client client;
  aws::Caller caller;

  explicit Setup(support::AnsweringServer::Answer answer,
                 std::vector<std::string> tokens = {"token"})
      : server(std::move(answer)),
        session(session_for(http::parse_url("http://" + server.authority()), std::move(tokens))),
        client(clock, {}, aws::client_options(session)),
        caller(client, session) {}

  aws::Session session_for(const http::Url& url, std::vector<std::string> tokens) {
    return {.region = "eu-central-1",
            .credentials = std::make_shared<aws::CredentialStore>(
                std::make_unique<Keys>(std::move(tokens)), clock),
            .overrides = {.s3 = url, .codedeploy = url, .load_balancing = url}};
  }

  aws::Answer<http::Response> put() {
    return caller.send_s3({.operation = "PutObject",
                           .method = "PUT",
                           .bucket = "acme",
                           .key = "a/b.zip",
                           .body = http::body_of("bytes"),
                           .payload_hash = std::string(aws::sigv4::unsigned_payload)});
  }

  aws::Answer<http::Response> complete() {
    return caller.send_s3({.operation = "CompleteMultipartUpload",
                           .method = "POST",
                           .bucket = "acme",
                           .key = "k",
                           .query = {{"uploadId", "u/1"}},
                           .late_error = aws::LateError::possible});
  }

  aws::Answer<http::Response> head() {
    return caller.send_s3(
        {.operation = "HeadObject", .method = "HEAD", .bucket = "acme", .key = "k"});
  }

  // The region that request number `index` was signed for.
  std::string signed_region(std::size_t index) const {
    const auto header = server.requests().at(index).header("authorization");
    const auto scope = header.substr(header.find("Credential="));
    const auto begin = scope.find('/', scope.find('/') + 1) + 1;
    return scope.substr(begin, scope.find('/', begin) - begin);
  }
};

std::string s3_error(const std::string& code, const std::string& more = {}) {
  return "<Error><Code>" + code + "</Code><Message>m</Message>" + more + "</Error>";
}

const aws::Failure& failure_in(const aws::Answer<http::Response>& answer) {
  REQUIRE(std::holds_alternative<aws::Failure>(answer));
  return std::get<aws::Failure>(answer);
}

bool is_done(const aws::Answer<http::Response>& answer) {
  return std::holds_alternative<http::Response>(answer);
}

// Refuses requests signed more than 15 minutes away from its own time.
ServedAnswer strict_about_time(const ServedRequest& request, timing::SystemTime now) {
  const auto date = timing::find_sigv4_basic(request.header("x-amz-date"));
  const auto off = date ? *date - now : timing::SystemTime::duration::max();
  if (off < 15min && off > -15min) return {.body = "<Done/>"};
  return {.status = 403,
          .headers = {{"Date", timing::http_date(now)}},
          .body = request.method == "HEAD" ? "" : s3_error("RequestTimeTooSkewed")};
}

}  // namespace

TEST_CASE("every attempt says which it is and how many there may be") {
  int served = 0;
  Setup setup(
      [&](const ServedRequest&) { return ServedAnswer{.status = ++served < 3 ? 503 : 200}; });

  CHECK(is_done(setup.put()));

  REQUIRE(setup.server.requests().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(setup.server.requests().at(i).header("amz-sdk-request") ==
          "attempt=" + std::to_string(i + 1) + "; max=3");
  }
}

TEST_CASE("an object's request has its key encoded once and its query in full") {
  Setup setup([](const ServedRequest&) { return ServedAnswer{}; });

  setup.caller.send_s3({.operation = "UploadPart",
                        .method = "PUT",
                        .bucket = "acme",
                        .key = "a b/../ü+.zip",
                        .query = {{"partNumber", "1"}, {"uploadId", "x/y="}, {"uploads", ""}},
                        .headers = {{"x-amz-meta-a", "1"}}});

  const auto request = setup.server.requests().at(0);
  CHECK(request.path == "/acme/a%20b/../%C3%BC%2B.zip");
  CHECK(request.query == "partNumber=1&uploadId=x%2Fy%3D&uploads=");
  CHECK(request.header("x-amz-meta-a") == "1");
  CHECK(request.header("authorization").find("x-amz-meta-a") != std::string::npos);
}

TEST_CASE("a clock that is off is put right by the service's date, for later requests too") {
  for (const std::chrono::minutes off : {-20min, 16min, 5'256'000min}) {
    timing::SystemTime service_time{};
    Setup setup([&](const ServedRequest& each) { return strict_about_time(each, service_time); });
    service_time = setup.clock.now() + off;

    CHECK(is_done(setup.put()));
    CHECK(is_done(setup.put()));

    REQUIRE(setup.server.requests().size() == 3);
    CHECK(setup.server.requests().at(0).header("x-amz-date") ==
          timing::sigv4_basic(setup.clock.now()));
    CHECK(setup.server.requests().at(2).header("x-amz-date") == timing::sigv4_basic(service_time));
    CHECK(setup.server.requests().at(1).header("amz-sdk-request") == "attempt=1; max=3");
    CHECK(setup.clock.slept() == 0ms);
  }
}

TEST_CASE("a request signed before another thread put the clock right is sent again too") {
  timing::SystemTime service_time{};
  aws::Corrections* corrections = nullptr;
  Setup setup([&](const ServedRequest& each) {
    corrections->set_clock_offset(1h);
    return strict_about_time(each, service_time);
  });
  service_time = setup.clock.now() + 1h;
  corrections = setup.session.corrections.get();

  CHECK(is_done(setup.put()));
  CHECK(setup.server.requests().size() == 2);
}

TEST_CASE("a HEAD, whose refusal has no words, gets its clock put right as well") {
  timing::SystemTime service_time{};
  Setup setup([&](const ServedRequest& each) { return strict_about_time(each, service_time); });
  service_time = setup.clock.now() + 1h;

  CHECK(is_done(setup.head()));
  CHECK(setup.server.requests().size() == 2);
}

TEST_CASE("a request that is refused for its time again is not sent a third time") {
  Setup setup([&](const ServedRequest&) {
    return ServedAnswer{.status = 403,
                        .headers = {{"Date", "Fri, 31 Dec 2027 23:59:59 GMT"}},
                        .body = s3_error("RequestTimeTooSkewed")};
  });

  const auto& answer = setup.put();

  CHECK(aws::error_of(failure_in(answer), "put").hint().starts_with("set this machine's clock"));
  CHECK(setup.server.requests().size() == 2);
}

TEST_CASE("a wrong signature is no matter of the clock while the clocks agree") {
  Setup setup([&](const ServedRequest&) {
    return ServedAnswer{.status = 403,
                        .headers = {{"Date", timing::http_date(setup.clock.now() + 3min)}},
                        .body = s3_error("SignatureDoesNotMatch")};
  });

  CHECK(failure_in(setup.put()).code == "SignatureDoesNotMatch");
  CHECK(setup.server.requests().size() == 1);
}

TEST_CASE("keys that ran out are fetched anew once") {
  for (const std::string code : {"ExpiredToken", "ExpiredTokenException", "InvalidToken"}) {
    Setup setup(
        [&](const ServedRequest& request) {
          return request.header("x-amz-security-token") == "new"
                     ? ServedAnswer{}
                     : ServedAnswer{.status = 400, .body = s3_error(code)};
        },
        {"old", "new"});

    CHECK(is_done(setup.put()));
    CHECK(setup.server.requests().size() == 2);
    CHECK(setup.clock.slept() == 0ms);
  }
}

TEST_CASE("a HEAD with a token that ran out gets a bare 400, and is sent with another token") {
  Setup setup(
      [](const ServedRequest& request) {
        return ServedAnswer{.status = request.header("x-amz-security-token") == "new" ? 200 : 400,
                            .headers = {{"x-amz-bucket-region", "eu-central-1"}}};
      },
      {"old", "new"});

  CHECK(is_done(setup.head()));
  CHECK(setup.server.requests().size() == 2);
}

TEST_CASE("keys that stay the same are not sent again") {
  Setup setup([](const ServedRequest&) {
    return ServedAnswer{.status = 400, .body = s3_error("ExpiredToken")};
  });

  const auto answer = setup.put();

  CHECK(aws::error_of(failure_in(answer), "put").hint().starts_with("get fresh credentials"));
  CHECK(setup.server.requests().size() == 1);
}

TEST_CASE("keys that are refused after a renewal end the call") {
  Setup setup(
      [](const ServedRequest&) {
        return ServedAnswer{.status = 400, .body = s3_error("ExpiredToken")};
      },
      {"first", "second", "third"});

  CHECK(failure_in(setup.put()).code == "ExpiredToken");
  CHECK(setup.server.requests().size() == 2);
}

TEST_CASE("an unsafe call that was refused for its token is sent again, for nothing was done") {
  Setup setup(
      [](const ServedRequest& request) {
        if (request.header("x-amz-security-token") == "new") return ServedAnswer{.body = "{}"};
        return ServedAnswer{.status = 400, .body = R"({"__type":"ExpiredTokenException"})"};
      },
      {"old", "new"});

  const auto answer = setup.caller.json(aws::Service::codedeploy, "C.CreateDeployment",
                                        json::object({}), http::Repeat::unsafe);

  CHECK(std::holds_alternative<json::Value>(answer));
}

TEST_CASE("a 200 with an error in it is what the error says") {
  struct Case {
    std::string first;
    std::size_t requests;
    std::string code;  // of the end; empty: done
  };
  const Case cases[] = {
      {"<CompleteMultipartUploadResult/>", 1, ""},
      {" \n \n<?xml version=\"1.0\"?>" + s3_error("InternalError"), 2, ""},
      {s3_error("SlowDown"), 2, ""},
      {s3_error("ServiceUnavailable"), 2, ""},
      {"  \n", 2, ""},                                 // kept alive, then cut
      {"<CompleteMultipartUploadResult><Loc", 2, ""},  // cut
      {s3_error("AccessDenied"), 1, "AccessDenied"},
      {s3_error("PreconditionFailed"), 1, "PreconditionFailed"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.first);
    int served = 0;
    Setup setup([&](const ServedRequest&) {
      return ServedAnswer{.body = ++served == 1 ? c.first : "<CompleteMultipartUploadResult/>"};
    });

    const auto answer = setup.complete();

    CHECK(setup.server.requests().size() == c.requests);
    CHECK(is_done(answer) == c.code.empty());
    if (!c.code.empty()) CHECK(failure_in(answer).code == c.code);
  }
}

TEST_CASE("a 200 that stays an error ends like a 500, one that stays cut as unavailable") {
  Setup failing(
      [](const ServedRequest&) { return ServedAnswer{.body = s3_error("InternalError")}; });
  const auto answer = failing.complete();
  CHECK(failing.server.requests().size() == 3);
  CHECK(aws::error_of(failure_in(answer), "complete").kind() == base::Kind::unavailable);

  Setup cut([](const ServedRequest&) { return ServedAnswer{.body = "\n\n"}; });
  CHECK(support::error_of([&] { cut.complete(); }).kind() == base::Kind::unavailable);
  CHECK(cut.server.requests().size() == 3);
}

TEST_CASE("only a call that may answer so has its 200 looked into") {
  Setup setup([](const ServedRequest&) { return ServedAnswer{.body = s3_error("InternalError")}; });
  CHECK(is_done(setup.put()));
  CHECK(setup.server.requests().size() == 1);
}

TEST_CASE("a bucket in another region is asked there, and later asked there first") {
  struct Case {
    std::string what;
    ServedAnswer refusal;
  };
  const Case cases[] = {
      {"a redirect with the header",
       {.status = 301,
        .headers = {{"x-amz-bucket-region", "eu-west-3"}},
        .body = s3_error("PermanentRedirect")}},
      {"a temporary redirect", {.status = 307, .headers = {{"x-amz-bucket-region", "eu-west-3"}}}},
      {"a region in the error",
       {.status = 400,
        .body = s3_error("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>")}},
      {"a location constraint",
       {.status = 400,
        .headers = {{"x-amz-bucket-region", "eu-west-3"}},
        .body = s3_error("IllegalLocationConstraintException")}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Setup setup([&](const ServedRequest& request) {
      const bool right = request.header("authorization").find("/eu-west-3/") != std::string::npos;
      return right ? ServedAnswer{} : c.refusal;
    });

    CHECK(is_done(setup.put()));
    CHECK(is_done(setup.put()));

    REQUIRE(setup.server.requests().size() == 3);
    CHECK(setup.signed_region(0) == "eu-central-1");
    CHECK(setup.signed_region(1) == "eu-west-3");
    CHECK(setup.signed_region(2) == "eu-west-3");
    CHECK(setup.server.requests().at(1).body == "bytes");
    CHECK(setup.server.requests().at(1).header("host") == setup.server.authority());
  }
}

TEST_CASE("a bare refusal of HEAD is a redirect when the region beside it is another") {
  for (const int status : {301, 400}) {
    Setup setup([&](const ServedRequest& request) {
      const bool right = request.header("authorization").find("/eu-west-3/") != std::string::npos;
      return ServedAnswer{.status = right ? 200 : status,
                          .headers = {{"x-amz-bucket-region", "eu-west-3"}}};
    });
    CHECK(is_done(setup.head()));
    CHECK(setup.server.requests().size() == 2);
  }
}

TEST_CASE("a redirect that does not say where is followed after asking for the bucket") {
  Setup setup([](const ServedRequest& request) {
    if (request.method == "HEAD" && request.path == "/acme/") {
      return ServedAnswer{.status = 301, .headers = {{"x-amz-bucket-region", "ap-south-1"}}};
    }
    const bool right = request.header("authorization").find("/ap-south-1/") != std::string::npos;
    return ServedAnswer{.status = right ? 200 : 301};
  });

  CHECK(is_done(setup.put()));

  REQUIRE(setup.server.requests().size() == 3);
  CHECK(setup.signed_region(2) == "ap-south-1");
}

TEST_CASE("a region that is none, or in another partition, is not followed") {
  for (const std::string region :
       {"evil.example/", "eu-west-3.evil.example", "cn-north-1", "us-gov-west-1", "EU", ""}) {
    CAPTURE(region);
    Setup setup([&](const ServedRequest&) {
      return ServedAnswer{.status = 301, .headers = {{"x-amz-bucket-region", region}}};
    });
    CHECK(failure_in(setup.put()).status == 301);
    CHECK(setup.server.requests().size() == 1);
  }
}

TEST_CASE("a bucket that is sent to and fro is followed once") {
  Setup setup([](const ServedRequest& request) {
    const bool there = request.header("authorization").find("/eu-west-3/") != std::string::npos;
    return ServedAnswer{.status = 301,
                        .headers = {{"x-amz-bucket-region", there ? "eu-central-1" : "eu-west-3"}}};
  });

  const auto answer = setup.put();

  CHECK(setup.server.requests().size() == 2);
  CHECK(aws::error_of(failure_in(answer), "put").hint() ==
        "the bucket is in eu-central-1: use that region");
}

TEST_CASE("threads that share a caller all get through a redirect and a clock that is off") {
  timing::SystemTime service_time{};
  Setup setup([&](const ServedRequest& request) {
    if (request.header("authorization").find("/eu-west-3/") == std::string::npos) {
      return ServedAnswer{.status = 301, .headers = {{"x-amz-bucket-region", "eu-west-3"}}};
    }
    return strict_about_time(request, service_time);
  });
  service_time = setup.clock.now() + 1h;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 4; ++round) done += is_done(setup.put()) ? 1 : 0;
      });
    }
  }
  CHECK(done == 32);
}

TEST_CASE("a refusal knows what was asked") {
  Setup setup([](const ServedRequest&) {
    return ServedAnswer{.status = 403,
                        .headers = {{"x-amz-id-2", "host/9"}, {"x-amz-request-id", "4442"}},
                        .body = s3_error("AccessDenied")};
  });

  const auto answer = setup.put();
  const auto error = aws::error_of(failure_in(answer), "put s3://acme/a/b.zip");

  CHECK(error.message() ==
        "put s3://acme/a/b.zip: AccessDenied: m (HTTP 403, request 4442, host id host/9)");
  CHECK(error.hint() ==
        "allow s3:PutObject on arn:aws:s3:::acme/a/b.zip for the identity in use; aws sts "
        "get-caller-identity names it");
}

TEST_CASE("a service's canonical request is held against ours") {
  Setup setup([](const ServedRequest& request) {
    return ServedAnswer{
        .status = 403,
        .body =
            s3_error("SignatureDoesNotMatch",
                     "<CanonicalRequest>PUT\n/acme/a%2Fb.zip</CanonicalRequest>" + request.method)};
  });

  const auto answer = setup.put();

  CHECK(failure_in(answer).difference ==
        "something on the way changed the request: we signed '/acme/a/b.zip', the service read "
        "'/acme/a%2Fb.zip' (line 2 of the canonical request)");
}

TEST_CASE("an address of one's own has no FIPS form, except on this machine") {
  support::FakeClock clock;
  aws::Session session{.region = "us-east-1",
                       .credentials = aws::store_of({.access_key = "a", .secret_key = "s"}, clock),
                       .overrides = {.s3 = http::parse_url("https://minio.example")},
                       .variant = {.fips = true}};
  http::Client client(clock, {});
  CHECK(support::error_of([&] {
          aws::Caller(client, session).endpoint(aws::Service::s3);
        }).message() ==
        "call s3 at https://minio.example: a FIPS endpoint is asked for and an address given");

  session.overrides.s3 = http::parse_url("http://127.0.0.1:9000");
  CHECK(aws::Caller(client, session).endpoint(aws::Service::s3).port == 9000);
  CHECK(aws::Caller(client, session).endpoint(aws::Service::codedeploy).host ==
        "codedeploy-fips.us-east-1.amazonaws.com");
}
