// SPDX-License-Identifier: Apache-2.0
//
// Lists that come in pages, and lots that one call may ask for.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "aws/auto_scaling.hpp"
#include "aws/codedeploy.hpp"
#include "aws/load_balancing.hpp"
#include "json/field.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

using support::ServedAnswer;
using support::ServedRequest;

namespace {

struct Setup {
  support::AnsweringServer server;
  support::FakeClock clock;
  http::Client client{clock, {}};
  aws::Caller caller;

  explicit Setup(support::AnsweringServer::Answer answer)
      : server(std::move(answer)), caller(client, session()) {}

  aws::Session session() {
    const auto url = http::parse_url("http://" + server.authority());
    return {.region = "eu-central-1",
            .credentials = aws::store_of({.access_key = "AKID", .secret_key = "s"}, clock),
            .overrides = {.codedeploy = url, .load_balancing = url, .auto_scaling = url}};
  }
};

std::string operation(const ServedRequest& request) {
  const auto target = request.header("x-amz-target");
  return target.substr(target.find('.') + 1);
}

std::string group_page(const std::string& name, const std::string& next) {
  return "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups>"
         "<member><AutoScalingGroupName>" +
         name + "</AutoScalingGroupName></member></AutoScalingGroups>" + next +
         "</DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>";
}

}  // namespace

TEST_CASE("deployments are listed page by page, empty pages in between included") {
  Setup setup([](const ServedRequest& request) {
    const auto input = json::parse(request.body, "input");
    const auto token = json::Field(input, "input")["nextToken"].maybe_string().value_or("");
    if (token.empty()) return ServedAnswer{.body = R"({"deployments":["d-1"],"nextToken":"2"})"};
    if (token == "2") return ServedAnswer{.body = R"({"deployments":[],"nextToken":"3"})"};
    return ServedAnswer{.body = R"({"deployments":["d-2"],"nextToken":""})"};
  });

  CHECK(aws::CodeDeploy(setup.caller).list_deployments({.application = "shop"}) ==
        std::vector<std::string>{"d-1", "d-2"});
  CHECK(setup.server.requests().size() == 3);
}

TEST_CASE("a list without end is left after a hundred pages") {
  Setup setup([](const ServedRequest&) { return ServedAnswer{.body = R"({"nextToken":"more"})"}; });
  CHECK(aws::CodeDeploy(setup.caller).list_deployments({.application = "shop"}).empty());
  CHECK(aws::CodeDeploy(setup.caller).list_deployment_targets("d-1").empty());
  CHECK(setup.server.requests().size() == 200);
}

TEST_CASE("deployments are described in lots of 25") {
  Setup setup([](const ServedRequest& request) {
    CHECK(operation(request) == "BatchGetDeployments");
    return ServedAnswer{.body = R"({"deploymentsInfo":[]})"};
  });
  aws::CodeDeploy(setup.caller).get_deployments(std::vector<std::string>(51, "d-1"));
  CHECK(setup.server.requests().size() == 3);
}

TEST_CASE("a deployment that has not begun has no targets, one that does not exist is an error") {
  Setup waiting([](const ServedRequest&) {
    return ServedAnswer{.status = 400, .body = R"({"__type":"DeploymentNotStartedException"})"};
  });
  CHECK(aws::CodeDeploy(waiting.caller).list_deployment_targets("d-1").empty());

  Setup absent([](const ServedRequest&) {
    return ServedAnswer{.status = 400,
                        .headers = {{"x-amzn-RequestId", "r-1"}},
                        .body = R"({"__type":"DeploymentDoesNotExistException","message":"No."})"};
  });
  const auto error =
      support::error_of([&] { aws::CodeDeploy(absent.caller).get_deployment("d-1"); });
  CHECK(error.message() ==
        "get deployment d-1: DeploymentDoesNotExistException: No (HTTP 400, request r-1)");
  CHECK(error.hint() == "check the deployment id and the region");
}

TEST_CASE("Auto Scaling groups are described page by page") {
  Setup setup([](const ServedRequest& request) {
    const bool second = request.body.find("NextToken=more") != std::string::npos;
    return ServedAnswer{.body = second ? group_page("green", "<NextToken/>")
                                       : group_page("blue", "<NextToken>more</NextToken>")};
  });
  const auto groups = aws::AutoScaling(setup.caller).describe_groups({"blue", "green"});
  REQUIRE(groups.size() == 2);
  CHECK(groups.at(1).name == "green");
  CHECK(setup.server.requests().at(1).body.find("AutoScalingGroupNames.member.2=green") !=
        std::string::npos);
}

TEST_CASE("a target group that does not exist is no error, a denied question is") {
  const auto refusal = [](const std::string& code) {
    return [code](const ServedRequest&) {
      return ServedAnswer{.status = code == "AccessDenied" ? 403 : 400,
                          .body = "<ErrorResponse><Error><Code>" + code +
                                  "</Code><Message>m</Message></Error><RequestId>r</RequestId>"
                                  "</ErrorResponse>"};
    };
  };
  Setup absent(refusal("TargetGroupNotFound"));
  CHECK_FALSE(aws::LoadBalancing(absent.caller).find_target_group("shop").has_value());

  Setup denied(refusal("AccessDenied"));
  const auto error =
      support::error_of([&] { aws::LoadBalancing(denied.caller).find_target_group("shop"); });
  CHECK(error.hint().starts_with(
      "allow elasticloadbalancing:DescribeTargetGroups for the identity in use"));
}
