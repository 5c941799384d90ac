// SPDX-License-Identifier: Apache-2.0
#include "sandbox/faults/fault_plan.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "sandbox/faults/fault_api.hpp"
#include "sandbox/faults/injection.hpp"
#include "support/fake_clock.hpp"

using sandbox::Drop;
using sandbox::FaultRule;

namespace {

struct Fixture {
  support::FakeClock clock;
  sandbox::FaultPlan plan{clock};

  // How many of `count` requests a rule befalls.
  int befallen(const std::string& service, const std::string& operation, int count) {
    int result = 0;
    for (int i = 0; i < count; ++i) result += plan.take(service, operation) ? 1 : 0;
    return result;
  }
};

sandbox::Answer done() { return {.status = 200, .body = "done"}; }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a rule befalls its operation so often, after those it lets pass") {
  plan.add({.operation = "PutObject", .skip = 2, .times = 3, .status = 503, .code = "SlowDown"});
  CHECK(befallen("s3", "GetObject", 5) == 0);
  CHECK(befallen("s3", "PutObject", 2) == 0);
  CHECK(befallen("s3", "PutObject", 10) == 3);
  CHECK(plan.rules().empty());
}

TEST_CASE_FIXTURE(Fixture, "a rule holds for its service, and until cleared when it has no end") {
  plan.add({.service = "elb", .times = 0, .status = 500, .code = "InternalFailure"});
  CHECK(befallen("s3", "PutObject", 3) == 0);
  CHECK(befallen("elasticloadbalancing", "DescribeTargetHealth", 9) == 9);
  CHECK(plan.rules().front().fired == 9);
  plan.clear();
  CHECK(befallen("elasticloadbalancing", "DescribeTargetHealth", 1) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a rate lets so many requests a second pass") {
  plan.add({.times = 0, .rate = 4, .status = 503, .code = "SlowDown"});
  CHECK(befallen("s3", "PutObject", 10) == 6);
  clock.advance(std::chrono::milliseconds(500));
  CHECK(befallen("s3", "PutObject", 10) == 8);
}

TEST_CASE_FIXTURE(Fixture, "a rule that does nothing, or two things, is refused") {
  for (const auto& rule :
       {FaultRule{}, FaultRule{.status = 503, .drop = Drop::after}, FaultRule{.status = 200},
        FaultRule{.service = "s4", .status = 503}, FaultRule{.times = -1, .status = 503},
        FaultRule{.error_in_200 = "InternalError", .cut = 3}}) {
    CHECK_THROWS_AS(plan.add(rule), base::Error);
  }
  CHECK(plan.rules().empty());
}

TEST_CASE("each effect gives its own answer") {
  const sandbox::FaultTarget target{sandbox::Protocol::s3, "/b/k", "id"};
  const auto error = answer_under(
      {.status = 503, .code = "SlowDown", .headers = {{"retry-after", "1"}}}, target, done);
  CHECK(error.status == 503);
  CHECK(error.body.find("<Code>SlowDown</Code>") != std::string::npos);
  CHECK(sandbox::value_of(error.headers, "retry-after") == "1");

  const auto late = answer_under({.error_in_200 = "InternalError"}, target, done);
  CHECK(late.status == 200);
  CHECK(late.body.find("\n    \n<Error><Code>InternalError</Code>") != std::string::npos);

  int worked = 0;
  const auto work = [&worked] {
    ++worked;
    return done();
  };
  CHECK(answer_under({.drop = Drop::before}, target, work).interruption.drop);
  CHECK(worked == 0);
  CHECK(answer_under({.drop = Drop::after}, target, work).interruption.drop);
  CHECK(worked == 1);
  CHECK(answer_under({.cut = 2}, target, work).interruption.cut == 2);

  const auto json = answer_under({.status = 400, .code = "ThrottlingException"},
                                 {sandbox::Protocol::json, "/", "id"}, done);
  CHECK(json.body.find("\"__type\":\"ThrottlingException\"") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "rules travel as JSON and come back the same") {
  const FaultRule rule{.service = "s3",
                       .operation = "UploadPart",
                       .skip = 1,
                       .times = 2,
                       .rate = 1.5,
                       .headers = {{"x", "y"}},
                       .cut = 7,
                       .delay = std::chrono::milliseconds(20),
                       .clock_skew = std::chrono::seconds(-60)};
  const auto added = answer_faults(plan, "POST", json::write(to_json(rule)));
  CHECK(added.status == 200);
  const auto held = plan.rules().front();
  CHECK(json::write(to_json(held)).find("\"cut\":7") != std::string::npos);
  CHECK(line_of(held) ==
        "1  s3 UploadPart  delay 20 ms, clock -60 s, cut after 7 bytes, x: y  after 1 more  "
        "over 1.5/s  0 of 2 times");
  CHECK(answer_faults(plan, "GET", "").body.find("\"operation\":\"UploadPart\"") !=
        std::string::npos);
  CHECK(answer_faults(plan, "POST", "{}").status == 400);
  CHECK(answer_faults(plan, "POST", "[").status == 400);
  CHECK(answer_faults(plan, "DELETE", "").status == 200);
  CHECK(plan.rules().empty());
}
