// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/observer.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <map>
#include <string>

#include "aws/caller.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

using namespace std::chrono_literals;
using Word = wait_healthy::Verdict::Word;

namespace {

// The services as far as one deployment with one green instance is concerned.
struct Account {
  std::string status = "InProgress";
  std::string more{};  // further members of deploymentInfo, ending in a comma
  bool auto_rollback = true;
  std::string health = "healthy";
  std::string commit = "aaaaaaa";
  std::map<std::string, support::ServedAnswer> failing{};  // by operation
  std::map<std::string, int> calls{};

  support::ServedAnswer answer(const support::ServedRequest& request) {
    auto operation = request.header("x-amz-target");
    operation = operation.substr(operation.find('.') + 1);
    if (operation.empty()) operation = request.body.substr(0, request.body.find('&'));
    if (request.path == "/actuator/info") operation = "info";
    ++calls[operation];
    if (const auto fails = failing.find(operation); fails != failing.end()) return fails->second;
    return {.body = body_of(operation)};
  }

 private:
  std::string body_of(const std::string& operation) const {
    if (operation == "info") return fmt::format(R"({{"git":{{"commit":{{"id":"{}"}}}}}})", commit);
    if (operation == "GetDeployment") {
      return fmt::format(
          R"({{"deploymentInfo":{{"deploymentId":"d-1","status":"{}",{}"createTime":1.5,)"
          R"("applicationName":"a","deploymentGroupName":"g",)"
          R"("deploymentStyle":{{"deploymentType":"BLUE_GREEN"}},"previousRevision":)"
          R"({{"revisionType":"S3","s3Location":{{"bucket":"b","key":"k","bundleType":"zip"}}}},)"
          R"("autoRollbackConfiguration":{{"enabled":{}}},)"
          R"("loadBalancerInfo":{{"targetGroupInfoList":[{{"name":"web"}}]}}}}}})",
          status, more, auto_rollback);
    }
    if (operation == "ListDeploymentTargets") return R"({"targetIds":["i-0aaa"]})";
    if (operation == "BatchGetDeploymentTargets") {
      return R"({"deploymentTargets":[{"deploymentTargetType":"InstanceTarget","instanceTarget":)"
             R"({"targetId":"i-0aaa","instanceLabel":"Green","status":"Succeeded"}}]})";
    }
    if (operation == "ListDeployments") return R"({"deployments":["d-2"]})";
    if (operation == "BatchGetDeployments") {
      return R"({"deploymentsInfo":[{"deploymentId":"d-2","status":"InProgress","rollbackInfo":)"
             R"({"rollbackTriggeringDeploymentId":"d-1"}}]})";
    }
    if (operation == "Action=DescribeTargetGroups") {
      return "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member>"
             "<TargetGroupArn>arn:web</TargetGroupArn><TargetGroupName>web</TargetGroupName>"
             "</member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>";
    }
    return fmt::format(
        "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>"
        "<member><Target><Id>i-0aaa</Id><Port>8080</Port></Target><TargetHealth><State>{}</State>"
        "</TargetHealth></member></TargetHealthDescriptions></DescribeTargetHealthResult>"
        "</DescribeTargetHealthResponse>",
        health);
  }
};

support::ServedAnswer refusal(const char* type) {
  return {.status = 400, .body = fmt::format(R"({{"__type":"{}","message":"no"}})", type)};
}

// An observer of that account; `clock` moves only when told or when a retry waits.
struct Watch {
  Account account{};
  support::AnsweringServer server{
      [this](const support::ServedRequest& request) { return account.answer(request); }};
  support::FakeClock clock{};
  aws::Session session{
      aws::open_session({.endpoint_url = "http://" + server.authority()},
                        process::environment_of({{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                                                 {"AWS_SECRET_ACCESS_KEY", "secret/example"},
                                                 {"AWS_CONFIG_FILE", "/nowhere"},
                                                 {"AWS_SHARED_CREDENTIALS_FILE", "/nowhere"},
                                                 {"AWS_REGION", "us-east-1"}}),
                        clock, {})};
  http::Client client{clock, {}, aws::client_options(session)};
  aws::Caller caller{client, session};
  aws::CodeDeploy codedeploy{caller};
  aws::LoadBalancing load_balancing{caller};

  wait_healthy::Observer observer(wait_healthy::Expectations expected = {}) {
    wait_healthy::Services services{.codedeploy = codedeploy, .load_balancing = load_balancing};
    if (expected.version) {
      services.sampler =
          wait_healthy::Sampler(clock, {},
                                {.url = "http://" + server.authority() + "/actuator/info",
                                 .sources = wait_healthy::default_version_sources(),
                                 .expected = {.commit = std::string(40, 'a')}});
    }
    return {std::move(services), clock, "d-1", expected};
  }
};

}  // namespace

TEST_CASE("rounds in which nothing changes ask for the deployment alone, two of three times") {
  Watch watch;
  auto observer = watch.observer();

  for (int round = 0; round < 7; ++round) observer.look();

  CHECK(watch.account.calls["GetDeployment"] == 7);
  CHECK(watch.account.calls["ListDeploymentTargets"] == 3);
  CHECK(watch.account.calls["BatchGetDeploymentTargets"] == 3);
  CHECK(watch.account.calls["Action=DescribeTargetHealth"] == 3);
  CHECK(watch.account.calls["Action=DescribeTargetGroups"] == 1);
}

TEST_CASE("a change of the deployment is looked into at once") {
  Watch watch;
  auto observer = watch.observer();
  observer.look();
  watch.account.status = "Succeeded";

  observer.look();

  CHECK(watch.account.calls["ListDeploymentTargets"] == 2);
  CHECK(wait_healthy::judge(observer.now(), {}).word == Word::healthy);
}

TEST_CASE("throttling and failing services leave the last reading in place and are told") {
  Watch watch;
  auto observer = watch.observer();
  observer.look();
  REQUIRE(observer.problem().empty());

  for (const auto* operation :
       {"GetDeployment", "ListDeploymentTargets", "Action=DescribeTargetHealth"}) {
    for (const auto& answer :
         {refusal("ThrottlingException"), support::ServedAnswer{.status = 503}}) {
      CAPTURE(operation);
      CAPTURE(answer.status);
      watch.account.failing = {{operation, answer}};
      for (int round = 0; round < 3; ++round) observer.look();
      watch.account.failing.clear();

      CHECK(observer.now().watched.targets.size() == 1);
      CHECK(observer.now().health.size() == 1);
    }
  }
  watch.account.failing = {{"GetDeployment", refusal("ThrottlingException")}};
  observer.look();
  CHECK(observer.problem().find("ThrottlingException") != std::string::npos);
  watch.account.failing.clear();
  observer.look();
  CHECK(observer.problem().empty());
}

TEST_CASE("a missing right ends the watch") {
  Watch watch;
  auto observer = watch.observer();
  watch.account.failing = {{"Action=DescribeTargetHealth", refusal("AccessDenied")}};

  CHECK(support::error_of([&] { observer.look(); }).kind() == base::Kind::refused);
}

TEST_CASE("a rollback that the failed deployment does not name is found among the newer ones") {
  Watch watch;
  auto observer = watch.observer();
  watch.account.status = "Failed";
  observer.look();
  CHECK_FALSE(observer.now().rollback.has_value());
  CHECK(watch.account.calls["ListDeployments"] == 0);

  watch.clock.advance(31s);
  observer.look();

  CHECK(watch.account.calls["ListDeployments"] == 1);
  CHECK(observer.now().rollback.has_value());
}

TEST_CASE(
    "a rollback of a deployment stopped by hand is looked for whatever its own setting says") {
  for (const auto* status : {"Stopped", "Failed"}) {
    CAPTURE(status);
    Watch watch;
    watch.account.auto_rollback = false;
    watch.account.status = status;
    auto observer = watch.observer();
    observer.look();
    watch.clock.advance(31s);
    observer.look();

    CHECK(observer.now().rollback.has_value() == (std::string_view(status) == "Stopped"));
  }
}

TEST_CASE("the version is asked for only when all else is well") {
  Watch watch;
  const wait_healthy::Expectations expected{.version = true};
  auto observer = watch.observer(expected);
  observer.look();
  CHECK(watch.account.calls["info"] == 0);

  watch.account.status = "Succeeded";
  watch.account.health = "initial";
  observer.look();
  CHECK(watch.account.calls["info"] == 0);

  watch.account.health = "healthy";
  observer.look();
  CHECK(watch.account.calls["info"] == 5);
  CHECK(wait_healthy::judge(observer.now(), expected).word == Word::healthy);
}

TEST_CASE("a version that stays wrong is given up after a minute, one that changes is not") {
  Watch watch;
  const wait_healthy::Expectations expected{.version = true};
  auto observer = watch.observer(expected);
  watch.account.status = "Succeeded";
  watch.account.commit = "bbbbbbb";
  const auto word = [&] {
    observer.look();
    return wait_healthy::judge(observer.now(), expected).word;
  };

  CHECK(word() == Word::waiting);
  watch.clock.advance(59s);
  CHECK(word() == Word::waiting);
  watch.account.failing = {{"info", {.status = 503}}};  // it restarts: the minute begins anew
  CHECK(word() == Word::waiting);
  watch.account.failing.clear();
  watch.clock.advance(30s);
  CHECK(word() == Word::waiting);
  watch.clock.advance(60s);
  CHECK(word() == Word::failed);
}
